/** What every plot looks like. */
export const STYLE = {
  background: 'transparent',
  color: 'var(--rf-text)',
  fontSize: '12px',
  fontFamily: 'inherit',
  overflow: 'visible',
};

/**
 * Writes the series of each point on its circle, so that a click knows which scan it is.
 *
 * @param points the points that were drawn, in the order of the data
 */
export function tagPoints(plot: Element, points: readonly { readonly seriesId: number }[]): SVGSVGElement {
  const svg = svgOf(plot);
  for (const [index, circle] of [...svg.querySelectorAll('[aria-label="dot"] circle')].entries()) {
    const point = points[index];
    if (point) circle.setAttribute('data-series', String(point.seriesId));
  }
  return withoutLabels(svg);
}

/**
 * Writes a name on each mark of one layer, so that a click knows what was meant.
 *
 * @param layer the `className` of the layer
 * @param names one a mark, in the order of the data
 */
export function tagPicks(plot: Element, layer: string, names: readonly string[]): SVGSVGElement {
  const svg = svgOf(plot);
  for (const [index, mark] of [...svg.querySelectorAll(`g.${layer} > *`)].entries()) {
    const name = names[index];
    if (name !== undefined) mark.setAttribute('data-pick', name);
  }
  return withoutLabels(svg);
}

function svgOf(plot: Element): SVGSVGElement {
  return (plot instanceof SVGSVGElement ? plot : plot.querySelector('svg')) as SVGSVGElement;
}

function withoutLabels(svg: SVGSVGElement): SVGSVGElement {
  // Plot labels its groups, which have no role to carry a label; the picture as a whole is labelled instead.
  for (const group of svg.querySelectorAll('g[aria-label]')) {
    group.setAttribute('data-part', group.getAttribute('aria-label') ?? '');
    group.removeAttribute('aria-label');
  }
  return svg;
}

/** What every plot looks like. */
export const STYLE = {
  background: 'transparent',
  color: 'var(--rf-text)',
  fontSize: '12px',
  fontFamily: 'inherit',
  overflow: 'visible',
};

/** Marks that open something. */
export const MARKS = '[data-series], [data-pick]';

/**
 * Makes the marks that open something buttons, named by their titles, with one stop of the Tab key for all of them.
 *
 * @returns the marks in the order of the drawing; without any, the plot is a picture
 * @see WAI-ARIA Authoring Practices, "Managing focus within components using a roving tabindex"
 */
export function offerKeys(svg: SVGSVGElement): Element[] {
  const marks = [...svg.querySelectorAll(MARKS)];
  // What is inside a picture does not exist for a screen reader.
  svg.setAttribute('role', marks.length > 0 ? 'group' : 'img');
  for (const [n, mark] of marks.entries()) {
    mark.setAttribute('role', 'button');
    mark.setAttribute('tabindex', n === 0 ? '0' : '-1');
    mark.setAttribute('aria-label', mark.querySelector('title')?.textContent ?? '');
  }
  return marks;
}

/** Gives the focus, and the stop of the Tab key, to one of the marks. */
export function aim(marks: readonly Element[], next: Element): void {
  for (const mark of marks) mark.setAttribute('tabindex', mark === next ? '0' : '-1');
  (next as SVGElement).focus();
}

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

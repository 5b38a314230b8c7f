import { Button } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { downloadText, svgText } from './download.ts';
import { type Layout, spotAfterKey } from './plot-keys.ts';
import { aim, MARKS, offerKeys } from './plot-points.ts';

interface Props {
  title: string;
  note: ReactNode;
  fileName: string;
  make: (width: number) => SVGSVGElement;
  /** Redraw when this changes. */
  inputs: unknown;
  /** How the arrow keys go from point to point. */
  layout?: Layout;
  /** A click or Enter on a mark with `data-series`; undefined where points are no single scans. */
  onPoint?: (seriesId: number) => void;
  /** A click or Enter on a mark with `data-pick`, for what is no single scan, e.g. a method. */
  onPick?: (name: string) => void;
}

/** A plot with its title, its export and its clicks and keys; the same picture on screen and in the file. */
export function PlotFrame({
  title,
  note,
  fileName,
  make,
  inputs,
  layout = 'scatter',
  onPoint,
  onPick,
}: Props) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const holder = useRef<HTMLDivElement>(null);
  const drawing = useRef<SVGSVGElement>(null);
  const [told, setTold] = useState('');
  const rounded = Math.floor(width);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `make` is new at every render; `inputs` says when to redraw
  useEffect(() => {
    if (rounded < 100 || !holder.current) return;
    const svg = make(rounded);
    svg.setAttribute('aria-label', title);
    const marks = offerKeys(svg);
    const old = document.activeElement;
    const place = holder.current.contains(old) ? pointsOf(drawing.current).indexOf(old as Element) : -1;
    // React hears nothing while it gives the focus back to a point, as after a dialog.
    svg.addEventListener('focusin', ({ target }) => setTold((target as Element).ariaLabel ?? ''));
    svg.addEventListener('focusout', () => setTold(''));
    holder.current.replaceChildren(svg);
    drawing.current = svg;
    const again = marks[place];
    if (again) aim(marks, again);
  }, [rounded, inputs, title]);

  const open = (target: EventTarget): boolean => {
    const mark = (target as Element).closest(MARKS);
    const series = mark?.getAttribute('data-series');
    const pick = mark?.getAttribute('data-pick');
    if (series) onPoint?.(Number(series));
    else if (pick) onPick?.(pick);
    return mark !== null;
  };
  const press = (key: string, target: EventTarget): boolean => {
    if (key === 'Enter' || key === ' ') return open(target);
    const marks = pointsOf(drawing.current);
    const spots = marks.map((mark) => {
      const { x, y, width, height } = mark.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    });
    const next = marks[spotAfterKey(spots, marks.indexOf(target as Element), key, layout) ?? -1];
    if (next) aim(marks, next);
    return next !== undefined;
  };
  return (
    <section className="rf-panel" aria-label={title}>
      <div className="rf-row" style={{ justifyContent: 'space-between' }}>
        <h2 className="rf-h2" style={{ margin: 0 }}>
          {title}
        </h2>
        <Button
          variant="default"
          size="compact-xs"
          onClick={() => {
            const svg = holder.current?.querySelector('svg');
            if (svg) downloadText(fileName, svgText(svg), 'image/svg+xml');
          }}
        >
          Export SVG
        </Button>
      </div>
      <div className="rf-dim">{note}</div>
      {(onPoint ?? onPick) && (
        // As high with any text: a plot that moved under a pressed mouse would miss the click.
        <div
          className="rf-plot-told"
          style={{ height: onPick ? '2.9em' : '1.45em' }}
          aria-hidden={told !== ''}
        >
          {told || `A click on a point opens its ${onPick ? 'scans' : 'scan'}; so do arrow keys and Enter.`}
        </div>
      )}
      <div ref={ref}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the points inside are the buttons */}
        <div
          ref={holder}
          className="rf-plot"
          onClick={(event) => open(event.target)}
          onKeyDown={(event) => {
            if (!event.altKey && !event.ctrlKey && !event.metaKey && press(event.key, event.target))
              event.preventDefault();
          }}
        />
      </div>
    </section>
  );
}

function pointsOf(svg: SVGSVGElement | null): Element[] {
  return svg ? [...svg.querySelectorAll(MARKS)] : [];
}

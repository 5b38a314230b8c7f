import { Button } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type ReactNode, useEffect, useRef } from 'react';
import { downloadText, svgText } from './download.ts';

interface Props {
  title: string;
  note: ReactNode;
  fileName: string;
  make: (width: number) => SVGSVGElement;
  /** Redraw when this changes. */
  inputs: unknown;
  /** A click on a mark with `data-series`; undefined where points are no single scans. */
  onPoint?: (seriesId: number) => void;
  /** A click on a mark with `data-pick`, for what is no single scan, e.g. a method. */
  onPick?: (name: string) => void;
}

/** A plot with its title, its export and its clicks; the same picture on screen and in the file. */
export function PlotFrame({ title, note, fileName, make, inputs, onPoint, onPick }: Props) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const holder = useRef<HTMLDivElement>(null);
  const rounded = Math.floor(width);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `make` is new at every render; `inputs` says when to redraw
  useEffect(() => {
    if (rounded < 100 || !holder.current) return;
    const svg = make(rounded);
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', title);
    holder.current.replaceChildren(svg);
  }, [rounded, inputs, title]);
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
      <div className="rf-dim">
        {note} {onPoint && 'A click on a point opens its scan.'}
      </div>
      <div ref={ref}>
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the same scans are reachable by key in the lists beside the plots */}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: as above */}
        <div
          ref={holder}
          className="rf-plot"
          onClick={(event) => {
            const mark = (event.target as Element).closest('[data-series], [data-pick]');
            const series = mark?.getAttribute('data-series');
            const pick = mark?.getAttribute('data-pick');
            if (series) onPoint?.(Number(series));
            else if (pick) onPick?.(pick);
          }}
        />
      </div>
    </section>
  );
}

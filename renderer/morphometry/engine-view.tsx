import { useState } from 'react';
import type { Comparison, EngineState } from '../../shared/morphometry/records.ts';
import { setParams } from '../route.ts';
import { Empty } from '../ui/feedback.tsx';
import { formatCount, formatPercent, plural } from '../ui/format.ts';
import { PlotFrame } from '../ui/plot-frame.tsx';
import { Term } from '../ui/term.tsx';
import { EngineFailures } from './engine-failures.tsx';
import { ENGINE_NAMES, STAND_INS } from './engine-names.ts';
import { blandAltmanPlot, percentChangePlot } from './plots.ts';
import { StructureTable } from './structure-table.tsx';
import { whyNothing } from './why-nothing.ts';

/** Failures of one engine, and what it measures; shown before any average. */
export function EngineSummary({ state }: { state: EngineState }) {
  const { network, extraction } = state.brainMasks;
  return (
    <>
      <p className="rf-dim" style={{ margin: '0.375rem 0' }}>
        {plural(state.scans, 'scan')} de-identified by this method: {formatCount(state.measuredBefore)}{' '}
        measured before, {formatCount(state.measuredAfter)} after; {formatCount(state.failedBefore)} failed
        before, {formatCount(state.failedAfter)} after; {formatCount(state.waiting)} waiting. Failures are in
        no average.
        {network + extraction > 0 &&
          ` Brain mask: ${plural(network, 'scan')} by the network, ${formatCount(extraction)} by extraction; the same way before and after.`}
      </p>
      <EngineFailures state={state} />
      <p className="rf-dim" style={{ margin: '0.375rem 0 0' }}>
        {ENGINE_NAMES[state.engine].what} {STAND_INS}
      </p>
    </>
  );
}

/** One engine: table, then plots; or why there is nothing yet and what to do. */
export function EngineView({ data, state }: { data: Comparison; state: EngineState | undefined }) {
  if (data.compared > 0) return <Results data={data} />;
  if (state && !state.available) return <NoModel />;
  const { title, text } = whyNothing(data, state);
  return <Empty title={title}>{text}</Empty>;
}

export function NoModel() {
  return (
    <Empty title="There is no segmentation model in this build.">
      <span>
        The regional engine adds up what the head-segmentation network finds; without it only the tissue
        engine measures. Once the model is there, “Measure what is missing” measures the scans that are here
        already.
      </span>
    </Empty>
  );
}

function Results({ data }: { data: Comparison }) {
  const [chosen, setChosen] = useState<string>();
  const structure = data.structures.find((item) => item.structure === chosen) ?? data.structures[0];
  const open = (seriesId: number) => setParams({ series: seriesId });
  return (
    <>
      <StructureTable structures={data.structures} chosen={structure?.structure ?? ''} onChoose={setChosen} />
      <div className="rf-columns" style={{ gridTemplateColumns: 'repeat(auto-fit, minmax(28rem, 1fr))' }}>
        {structure && (
          <PlotFrame
            title={`${structure.structure}: difference against mean`}
            note={
              <>
                <Term name="BlandAltman">Bland–Altman</Term>
                {structure.people < structure.n &&
                  `; bias and limits over ${plural(structure.people, 'person', 'people')}`}
              </>
            }
            fileName={`bland-altman-${structure.structure}.svg`}
            make={(width) => blandAltmanPlot(structure, width)}
            inputs={structure}
            onPoint={open}
          />
        )}
        <PlotFrame
          title="Change per structure, one point per scan"
          note="The dashed lines mark 5 %."
          fileName="percent-change.svg"
          make={(width) => percentChangePlot(data.structures, width)}
          inputs={data}
          layout="rows"
          onPoint={open}
        />
        <section className="rf-panel">
          <h2>Moved more than 5 % ({plural(data.scansOver5Percent, 'scan')})</h2>
          {data.over5Percent.length === 0 ? (
            <p className="rf-dim">No scan moved by more than 5 % in GM, WM, CSF or TIV.</p>
          ) : (
            <ul
              className="rf-list"
              tabIndex={0}
              style={{ maxHeight: '19rem', overflow: 'auto' }}
              aria-label="Scans that moved more than 5 %"
            >
              {data.over5Percent.map((row) => (
                <li
                  key={`${row.seriesId} ${row.structure}`}
                  className="rf-row"
                  style={{ justifyContent: 'space-between', padding: '0.125rem 0' }}
                >
                  <button type="button" className="rf-link" onClick={() => open(row.seriesId)}>
                    {row.subjectLabel}
                  </button>
                  <span>
                    {row.structure} <strong>{formatPercent(row.percentChange)}</strong>
                  </span>
                </li>
              ))}
            </ul>
          )}
        </section>
      </div>
    </>
  );
}

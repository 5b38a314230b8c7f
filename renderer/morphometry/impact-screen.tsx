import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import type { Comparison } from '../../shared/morphometry/records.ts';
import { useAction, useCall } from '../calls.ts';
import { client, type ReplyError, toReplyError } from '../client.ts';
import { useRunning } from '../events.ts';
import { useMainVariant } from '../project/use-project.ts';
import { formatRoute, setParams, useRoute } from '../route.ts';
import { downloadText } from '../ui/download.ts';
import { Empty, ErrorPanel, Loaded } from '../ui/feedback.tsx';
import { formatCount, formatPercent, plural } from '../ui/format.ts';
import { PlotFrame } from '../ui/plot-frame.tsx';
import { Term } from '../ui/term.tsx';
import { blandAltmanPlot, percentChangePlot } from './plots.ts';
import { StructureTable } from './structure-table.tsx';

/** What did it cost? One sentence, then the table, then the plots; each point opens its scan. */
export function ImpactScreen() {
  const methods = useCall('morphometry.methods', {});
  const { params } = useRoute();
  const method = params.method ?? '';
  const comparison = useCall('morphometry.comparison', { engine: 'tissue-em', method });
  const start = useAction('morphometry.start');
  const running = useRunning('measure').length > 0;
  const variant = useMainVariant('impact');
  const [error, setError] = useState<ReplyError>();
  const exportTsv = async () => {
    setError(undefined);
    try {
      const file = await client()['morphometry.export']({ engine: 'tissue-em', method });
      downloadText(file.fileName, file.text, 'text/tab-separated-values');
    } catch (reason) {
      setError(toReplyError(reason));
    }
  };
  return (
    <Loaded call={comparison} what="the comparison">
      {(data) => (
        <div className="rf-columns" style={{ gridTemplateColumns: 'minmax(0, 1fr)' }}>
          <section className="rf-panel">
            <p className="rf-sentence">
              {data.compared > 0 ? data.sentence : 'No scan has been measured before and after yet.'}
            </p>
            <p className="rf-dim" style={{ margin: '0.375rem 0' }}>
              {plural(data.scans, 'scan')} looked at: {formatCount(data.compared)} compared,{' '}
              {formatCount(data.failedBefore)} could not be measured before, {formatCount(data.failedAfter)}{' '}
              could not be measured after. Failures are counted first and are in no average.
            </p>
            <div className="rf-row" style={{ alignItems: 'flex-end' }}>
              <Select
                label="Method"
                w={200}
                allowDeselect={false}
                data={[
                  { value: '', label: 'All methods' },
                  ...(methods.data ?? []).map((name) => ({ value: name, label: name })),
                ]}
                value={method}
                onChange={(value) => setParams({ method: value ?? undefined })}
              />
              <Button
                variant={variant}
                loading={start.busy}
                disabled={running}
                onClick={() => void start.run({})}
              >
                {running ? 'Measuring…' : 'Measure what is missing'}
              </Button>
              <Button variant="default" disabled={data.compared === 0} onClick={() => void exportTsv()}>
                Export TSV
              </Button>
              {data.failedBefore + data.failedAfter > 0 && (
                <Button component="a" variant="default" href={formatRoute('deidentify', { tab: 'batch' })}>
                  Show failures
                </Button>
              )}
              <span className="rf-dim">
                Engine: tissue-em (tissue classes from the intensities, with bias field)
              </span>
            </div>
            {(start.error ?? error) && <ErrorPanel error={(start.error ?? error) as ReplyError} />}
          </section>
          {data.compared === 0 ? (
            <Empty title="Nothing to compare yet.">
              De-identify scans first; then “Measure what is missing” measures each original and its
              de-identified version.
            </Empty>
          ) : (
            <Results data={data} />
          )}
        </div>
      )}
    </Loaded>
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
            note={<Term name="BlandAltman">Bland–Altman</Term>}
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

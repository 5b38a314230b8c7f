import { Button, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { ENGINES, type EngineId } from '../../shared/morphometry/records.ts';
import { NETWORK_NAMES } from '../../shared/risk/network-names.ts';
import { type AuditReport, FACE_NETWORKS, type FaceNetwork } from '../../shared/risk/records.ts';
import { ENGINE_NAMES } from '../morphometry/engine-names.ts';
import { setParams } from '../route.ts';
import { Empty } from '../ui/feedback.tsx';
import { PlotFrame } from '../ui/plot-frame.tsx';
import { Term } from '../ui/term.tsx';
import { distancePlot, similarityPlot } from './distribution-plots.ts';
import { MethodTable } from './method-table.tsx';
import type { NetworkChoice } from './network-choice.ts';
import { rocPlot } from './roc-plot.ts';
import { type PrivacyMeasure, tradeOffPlot, tradeOffPoints } from './trade-off-plot.ts';

/** All methods beside each other: one table, then the pictures. */
export function MethodView({ report, onExport }: { report: AuditReport; onExport: () => void }) {
  const measured = FACE_NETWORKS.filter((network) =>
    report.upperBound.some((figures) => figures.network === network),
  );
  const first = report.sees[0] ?? measured[0];
  const [chosen, setChosen] = useState<NetworkChoice>();
  const choice = chosen ?? first ?? 'both';
  const networks = choice === 'both' ? measured : measured.filter((network) => network === choice);
  const toScans = (method: string) => setParams({ view: 'scans', method });
  const open = (seriesId: number) => setParams({ series: seriesId });
  return (
    <>
      <div className="rf-row">
        {measured.length > 0 && (
          <SegmentedControl
            aria-label="Network"
            value={choice}
            onChange={(value) => setChosen(value as NetworkChoice)}
            data={[
              ...measured.map((network) => ({ value: network, label: NETWORK_NAMES[network] })),
              ...(measured.length > 1 ? [{ value: 'both', label: 'Both networks' }] : []),
            ]}
          />
        )}
        <span className="rf-dim" style={{ flex: 1 }}>
          Small figures are 95 % intervals over people. A method opens its scans.
        </span>
        <Button variant="default" onClick={onExport}>
          Export TSV
        </Button>
      </div>
      <MethodTable report={report} networks={networks} onMethod={toScans} />
      <div className="rf-columns" style={{ gridTemplateColumns: 'repeat(auto-fit, minmax(28rem, 1fr))' }}>
        <TradeOff report={report} networks={networks} onMethod={toScans} />
        {networks.map((network) => (
          <PlotFrame
            key={`roc ${network}`}
            title={`ROC, ${NETWORK_NAMES[network]}`}
            note={<Term name="ROC">Every threshold at once</Term>}
            fileName={`audit-roc-${network}.svg`}
            make={(width) => rocPlot(report, network, width)}
            inputs={report}
          />
        ))}
        {networks.map((network) => (
          <PlotFrame
            key={`similarity ${network}`}
            title={`Similarity, ${NETWORK_NAMES[network]}`}
            note={
              <>
                Shares of all comparisons of their kind; <Term name="threshold">threshold</Term> as in the
                policy.
              </>
            }
            fileName={`audit-similarity-${network}.svg`}
            make={(width) => similarityPlot(report, network, width)}
            inputs={report}
          />
        ))}
        <Distances report={report} onPoint={open} />
      </div>
    </>
  );
}

/** The privacy–utility picture with its own switches. */
function TradeOff({
  report,
  networks,
  onMethod,
}: {
  report: AuditReport;
  networks: readonly FaceNetwork[];
  onMethod: (method: string) => void;
}) {
  const [wanted, setMeasure] = useState<PrivacyMeasure>('recognition');
  const engines = ENGINES.filter((engine) =>
    report.methods.some((method) =>
      method.morphometry.some((item) => item.engine === engine && item.meanAbsPercent.value !== null),
    ),
  );
  const [engine = 'tissue-em', setEngine] = useState<EngineId | undefined>(engines[0]);
  const measure = networks.length === 0 ? 'distance' : wanted;
  const choice = { measure, networks, engine };
  const title = 'Privacy and utility';
  if (engines.length === 0)
    return (
      <section className="rf-panel" aria-label={title}>
        <h2>{title}</h2>
        <Empty title="No method has been measured before and after yet.">
          “Measure what is missing” under Impact says what the methods did to brain volumes; privacy stands in
          the table above.
        </Empty>
      </section>
    );
  const shown = new Set(tradeOffPoints(report, choice).map((point) => point.method));
  const missing = report.methods.filter((item) => !shown.has(item.method)).map((item) => item.method);
  return (
    <PlotFrame
      title={title}
      note={
        <>
          <span className="rf-row" style={{ margin: '0.25rem 0' }}>
            {networks.length > 0 && (
              <SegmentedControl
                aria-label="Privacy as"
                value={measure}
                onChange={(value) => setMeasure(value as PrivacyMeasure)}
                data={[
                  { value: 'recognition', label: 'Recognition' },
                  { value: 'distance', label: 'Surface distance' },
                ]}
              />
            )}
            {engines.length > 1 && (
              <SegmentedControl
                aria-label="Volumes by"
                value={engine}
                onChange={(value) => setEngine(value as EngineId)}
                data={engines.map((item) => ({ value: item, label: `${ENGINE_NAMES[item].short} volumes` }))}
              />
            )}
          </span>
          Bars are 95 % intervals; the time is that of one scan.
          {missing.length > 0 && ` Not measured on both axes: ${missing.join(', ')}.`}
        </>
      }
      fileName={`audit-${measure}-and-volumes.svg`}
      make={(width) => tradeOffPlot(report, choice, width)}
      inputs={`${report.at} ${measure} ${engine} ${networks.join(' ')}`}
      onPick={onMethod}
    />
  );
}

function Distances({ report, onPoint }: { report: AuditReport; onPoint: (seriesId: number) => void }) {
  if (!report.methods.some((method) => method.distance)) return null;
  return (
    <PlotFrame
      title="Surface distance"
      note={
        <>
          One point per scan: the new face, and below it the <Term name="averageFace">average face</Term> for
          the same scan; ticks are means.
        </>
      }
      fileName="audit-distance.svg"
      make={(width) => distancePlot(report, width)}
      inputs={report}
      layout="rows"
      onPoint={onPoint}
    />
  );
}

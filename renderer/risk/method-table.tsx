import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { ENGINES } from '../../shared/morphometry/records.ts';
import { NETWORK_NAMES } from '../../shared/risk/network-names.ts';
import type { AuditReport, FaceNetwork, MethodAudit, RecognitionFigures } from '../../shared/risk/records.ts';
import { ENGINE_NAMES } from '../morphometry/engine-names.ts';
import { AUDIT_ORDER, AuditChip } from '../ui/audit-state.tsx';
import { formatCount, formatP, formatSeconds, plural } from '../ui/format.ts';
import { Term } from '../ui/term.tsx';
import { EstimateCell } from './estimate-cell.tsx';
import { formatEstimate, formatFixed, formatShare, type Probes, probesText } from './figures.ts';

interface Props {
  report: AuditReport;
  /** Networks that get a row each; none where none was measured. */
  networks: readonly FaceNetwork[];
  onMethod: (method: string) => void;
}

/** Privacy and utility of every method beside what could be seen at best and by guessing, each with its interval. */
export function MethodTable({ report, networks, onMethod }: Props) {
  const recognition = networks.length > 0;
  return (
    <section className="rf-table-scroll" tabIndex={0} aria-label="Methods">
      <Table aria-label="Methods" className="rf-methods" horizontalSpacing={5} verticalSpacing={3}>
        <Head report={report} networks={networks} />
        <Table.Tbody>
          {recognition && <References report={report} networks={networks} />}
          {report.methods.map((method) => (
            <MethodRows
              key={method.method}
              report={report}
              method={method}
              networks={networks}
              onMethod={onMethod}
            />
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

const right = { ta: 'right' } as const;

function Head({ report, networks }: Pick<Props, 'report' | 'networks'>) {
  const gallery = report.galleryPeople + report.borrowed;
  const several = networks.length > 1;
  return (
    <Table.Thead>
      <Table.Tr>
        <Table.Th rowSpan={2} scope="col">
          Method
        </Table.Th>
        <Table.Th colSpan={3} scope="colgroup" ta="center">
          <Term name="verdict">Verdict</Term>, scans
        </Table.Th>
        {networks.length > 0 && (
          <Table.Th colSpan={several ? 8 : 7} scope="colgroup" ta="center">
            Recognition{!several && networks[0] && ` by ${NETWORK_NAMES[networks[0]]}`} among{' '}
            {plural(gallery, 'person', 'people')}; <Term name="chance">chance</Term>{' '}
            {formatShare(report.chanceRank1)}
          </Table.Th>
        )}
        <Table.Th colSpan={4} scope="colgroup" ta="center">
          <Term name="surfaceDistance">Surface distance</Term>, mm
        </Table.Th>
        <Table.Th colSpan={2} scope="colgroup" ta="center">
          <Term name="meanAbsChange">Volumes changed</Term>, %
        </Table.Th>
        <Table.Th rowSpan={2} scope="col" {...right}>
          Time
        </Table.Th>
      </Table.Tr>
      <Table.Tr>
        {AUDIT_ORDER.map((state) => (
          <Table.Th key={state} scope="col" {...right}>
            <AuditChip state={state} />
          </Table.Th>
        ))}
        {networks.length > 0 && (
          <>
            {several && <Table.Th scope="col">Network</Table.Th>}
            <Table.Th scope="col" {...right}>
              Face found, %
            </Table.Th>
            <Table.Th scope="col" {...right}>
              <Term name="rank1">Rank-1</Term>, %
            </Table.Th>
            <Table.Th scope="col" {...right}>
              <Term name="rank5">Rank-5</Term>, %
            </Table.Th>
            <Table.Th scope="col" {...right}>
              <Term name="AUC" />
            </Table.Th>
            <Table.Th scope="col" {...right}>
              <Term name="EER" />, %
            </Table.Th>
            <Table.Th scope="col" {...right}>
              <Term name="dPrime">d′</Term>
            </Table.Th>
            <Table.Th scope="col" {...right}>
              <Term name="threshold">Accepted</Term>, %
            </Table.Th>
          </>
        )}
        <Table.Th scope="col" {...right}>
          Mean
        </Table.Th>
        <Table.Th scope="col" {...right}>
          p95
        </Table.Th>
        <Table.Th scope="col" {...right}>
          <Term name="averageFace">Average face</Term>
        </Table.Th>
        <Table.Th scope="col" {...right}>
          <Term name="closerP">p, closer</Term>
        </Table.Th>
        {ENGINES.map((engine) => (
          <Table.Th key={engine} scope="col" {...right} title={ENGINE_NAMES[engine].what}>
            {ENGINE_NAMES[engine].short}
          </Table.Th>
        ))}
      </Table.Tr>
    </Table.Thead>
  );
}

/** What could be seen at best, and what guessing gives: no method is read without them. */
function References({ report, networks }: Pick<Props, 'report' | 'networks'>) {
  const shown = networks.flatMap(
    (network) => report.upperBound.find((figures) => figures.network === network) ?? [],
  );
  const rest = Array.from({ length: 4 + ENGINES.length + 1 });
  return (
    <>
      {shown.map((figures, n) => (
        <Table.Tr key={figures.network} className="rf-reference">
          {n === 0 && (
            <>
              <Table.Th scope="rowgroup" rowSpan={shown.length}>
                <Term name="upperBound">Untouched</Term>
                <span className="rf-interval">
                  upper bound,
                  <br />
                  another view
                </span>
              </Table.Th>
              <Table.Td rowSpan={shown.length} colSpan={3} />
            </>
          )}
          <RecognitionCells
            figures={figures}
            relied={report.sees.includes(figures.network)}
            named={shown.length > 1}
            of="people"
          />
          <Blanks count={rest.length} />
        </Table.Tr>
      ))}
      <Table.Tr className="rf-reference">
        <Table.Th scope="row">
          <Term name="chance">Chance</Term>
          <span className="rf-interval">guessing</span>
        </Table.Th>
        <Table.Td colSpan={shown.length > 1 ? 5 : 4} />
        <Table.Td {...right}>{formatShare(report.chanceRank1).replace(' %', '')}</Table.Td>
        <Table.Td {...right}>{formatShare(report.chanceRank5).replace(' %', '')}</Table.Td>
        <Table.Td {...right}>0.50</Table.Td>
        <Table.Td {...right}>50</Table.Td>
        <Table.Td {...right}>0.0</Table.Td>
        <Table.Td {...right}>
          {shown.every((figures) => figures.threshold === null)
            ? '–'
            : formatShare(report.limits.maxFalseAccept).replace(' %', '')}
        </Table.Td>
        <Blanks count={rest.length} />
      </Table.Tr>
    </>
  );
}

function Blanks({ count }: { count: number }) {
  return <Table.Td colSpan={count} />;
}

function MethodRows({ report, method, networks, onMethod }: Props & { method: MethodAudit }) {
  const figures = networks.map((network) => method.recognition.find((item) => item.network === network));
  const span = Math.max(1, figures.length);
  const { distance } = method;
  const one = (content: ReactNode, key?: string) => (
    <Table.Td key={key} rowSpan={span} {...right}>
      {content}
    </Table.Td>
  );
  return (
    <>
      {Array.from({ length: span }, (_, n) => (
        <Table.Tr key={`${method.method} ${networks[n] ?? ''}`}>
          {n === 0 && (
            <>
              <Table.Th scope="rowgroup" rowSpan={span}>
                <button
                  type="button"
                  className="rf-link"
                  onClick={() => onMethod(method.method)}
                  title="Show its scans, the worst first"
                >
                  {method.method}
                </button>
                <span className="rf-interval">{plural(method.scans, 'scan')}</span>
              </Table.Th>
              {AUDIT_ORDER.map((state) => one(formatCount(method.states[state]), state))}
            </>
          )}
          {networks.length > 0 && (
            <RecognitionCells
              figures={figures[n]}
              relied={networks[n] !== undefined && report.sees.includes(networks[n])}
              named={networks.length > 1}
              of="scans"
            />
          )}
          {n === 0 && (
            <>
              {one(<EstimateCell estimate={distance?.meanMm} unit="mm" />)}
              {one(<EstimateCell estimate={distance?.p95Mm} unit="mm" />)}
              {one(<EstimateCell estimate={distance?.averageMeanMm} unit="mm" />)}
              {one(
                distance && (
                  <span
                    title={`${distance.closer} of ${distance.averageN} scans lie closer to the true face than the average face does`}
                  >
                    {formatP(distance.p)}
                    <span className="rf-interval">
                      {distance.closer} of {distance.averageN}
                    </span>
                  </span>
                ),
              )}
              {ENGINES.map((engine) => one(<Change method={method} engine={engine} />, engine))}
              {one(method.secondsPerScan === null ? '–' : formatSeconds(method.secondsPerScan))}
            </>
          )}
        </Table.Tr>
      ))}
    </>
  );
}

/** The cells of one network. A network that is not relied on says so in words. */
function RecognitionCells({
  figures,
  relied,
  named,
  of,
}: {
  figures: RecognitionFigures | undefined;
  relied: boolean;
  /** With its name in front: several networks share the table. */
  named: boolean;
  of: Probes;
}) {
  if (!figures) return <Table.Td colSpan={named ? 8 : 7}>not measured</Table.Td>;
  const { probes, withoutFace, threshold } = figures;
  return (
    <>
      {named && (
        <Table.Td className={relied ? undefined : 'rf-dim'}>
          {NETWORK_NAMES[figures.network]}
          <span className="rf-interval">{relied ? probesText(probes, of) : 'not relied on'}</span>
        </Table.Td>
      )}
      <Table.Td
        {...right}
        title={`${withoutFace} of ${probesText(probes, of)} without a face in any picture: counted as not recognised${seenFrom(figures)}`}
      >
        <EstimateCell estimate={figures.faceFound} unit="share" />
      </Table.Td>
      <Table.Td {...right}>
        <EstimateCell estimate={figures.rank1} unit="share" />
      </Table.Td>
      <Table.Td {...right}>
        <EstimateCell estimate={figures.rank5} unit="share" />
      </Table.Td>
      <Table.Td {...right}>
        <EstimateCell estimate={figures.auc} unit="plain" />
      </Table.Td>
      <Table.Td {...right}>
        <EstimateCell estimate={figures.eer} unit="share" />
      </Table.Td>
      <Table.Td {...right}>
        <EstimateCell estimate={figures.dPrime} unit="tenths" />
      </Table.Td>
      <Table.Td {...right} title={threshold === null ? 'too few people for a threshold' : undefined}>
        <EstimateCell estimate={figures.accepted} unit="share" />
      </Table.Td>
    </>
  );
}

/** In how many heads each view showed a face. */
function seenFrom({ facesByView }: RecognitionFigures): string {
  if (facesByView.length === 0) return '';
  return `. A face seen from ${facesByView.map(({ view, found }) => `${view.replaceAll('-', ' ')}: ${found}`).join(', ')}`;
}

function Change({ method, engine }: { method: MethodAudit; engine: (typeof ENGINES)[number] }) {
  const found = method.morphometry.find((item) => item.engine === engine);
  if (!found || found.meanAbsPercent.value === null) return <>–</>;
  const { meanAbsPercent, over5Percent, failedAfter } = found;
  return (
    <span
      title={`mean |change| ${formatEstimate(meanAbsPercent, 'percent')} over ${plural(meanAbsPercent.n, 'scan')}; ${over5Percent} moved by more than 5 %, ${failedAfter} could not be measured afterwards`}
    >
      <strong>{formatFixed(meanAbsPercent.value, 2)}</strong>
      <span className="rf-interval">
        {over5Percent} &gt; 5 %
        {failedAfter > 0 && (
          <>
            <br />
            {failedAfter} failed
          </>
        )}
      </span>
    </span>
  );
}

import { Table } from '@mantine/core';
import type { ScanAudit } from '../../shared/risk/records.ts';
import { useCall } from '../calls.ts';
import { formatRoute } from '../route.ts';
import { AuditChip } from '../ui/audit-state.tsx';
import { Loaded } from '../ui/feedback.tsx';
import { formatTime } from '../ui/format.ts';
import { ProblemList } from '../ui/problem-list.tsx';
import { Term } from '../ui/term.tsx';
import { formatFixed, formatShare } from './figures.tsx';
import { NETWORK_NAMES } from './network-names.ts';

interface Props {
  derivativeId: number;
  /** Sentences that stand beside already and are not said again. */
  said?: string;
}

/** What the audit found on one de-identified version: verdict, who it was taken for, how far the face moved. */
export function ScanAuditView({ derivativeId, said = '' }: Props) {
  const call = useCall('risk.scan', { derivativeId });
  return (
    <section aria-label="Audit" className="rf-scan-audit">
      <Loaded call={call} what="the audit of this scan">
        {(scan) =>
          scan === null ? (
            <p className="rf-dim" style={{ margin: 0 }}>
              Audit: not audited yet.{' '}
              <a href={formatRoute('audit')} className="rf-link">
                Open Audit
              </a>
            </p>
          ) : (
            <Found scan={scan} said={said} />
          )
        }
      </Loaded>
    </section>
  );
}

function Found({ scan, said }: { scan: ScanAudit; said: string }) {
  const { recognition, distance } = scan;
  return (
    <>
      <div>
        <strong>Audit</strong> <AuditChip state={scan.state} />{' '}
        <span className="rf-dim">since {formatTime(scan.at)}</span>
      </div>
      {!said.includes(scan.reason) && <div>{scan.reason}</div>}
      {scan.next && !said.includes(scan.next) && (
        <div>
          <strong>Next:</strong> {scan.next}
        </div>
      )}
      {recognition.length > 0 && <Recognition recognition={recognition} />}
      {recognition.length === 0 && <div className="rf-dim">Recognition was not measured.</div>}
      {distance && <Distance distance={distance} />}
      {scan.problems.length > 0 && <ProblemList problems={scan.problems} empty="" />}
    </>
  );
}

function Recognition({ recognition }: Pick<ScanAudit, 'recognition'>) {
  return (
    <Table aria-label="Recognition" verticalSpacing={1} horizontalSpacing={4}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Network</Table.Th>
          <Table.Th ta="right">
            Similarity (<Term name="threshold">threshold</Term>)
          </Table.Th>
          <Table.Th ta="right">Place</Table.Th>
          <Table.Th ta="right">
            <Term name="upperBound">Untouched</Term>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {recognition.map((item) => (
          <Table.Tr key={item.network}>
            <Table.Th scope="row" fw={500}>
              {NETWORK_NAMES[item.network]}
              <span className="rf-interval">
                face in {item.viewsWithFace} of {item.views}
              </span>
            </Table.Th>
            <Table.Td ta="right">
              {item.similarity === null ? 'no face' : formatFixed(item.similarity, 2)}
              {item.threshold !== null && ` (${formatFixed(item.threshold, 2)})`}
              <span className="rf-interval">
                {item.accepted === null ? 'no threshold' : item.accepted ? 'recognised' : 'not recognised'}
              </span>
            </Table.Td>
            <Table.Td ta="right">
              {item.rank ?? '–'} of {item.people}
              <span className="rf-interval">chance {formatShare(1 / Math.max(1, item.people))}</span>
            </Table.Td>
            <Table.Td ta="right">
              {formatFixed(item.originalSimilarity, 2)}
              <span className="rf-interval">
                {item.originalRank === null ? 'no face' : `place ${item.originalRank}`}
              </span>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Distance({ distance }: { distance: NonNullable<ScanAudit['distance']> }) {
  const { edited, average, regionFrom } = distance;
  return (
    <div>
      <Term name="surfaceDistance">Surface distance</Term> <strong>{formatFixed(edited.meanMm, 1)} mm</strong>{' '}
      (95 % below {formatFixed(edited.p95Mm, 1)} mm), <Term name="averageFace">average face</Term>{' '}
      {average ? (
        <>
          {formatFixed(average.meanMm, 1)} mm: <strong>{formatShare(edited.meanMm / average.meanMm)}</strong>{' '}
          of it
        </>
      ) : (
        'could not be placed'
      )}
      {regionFrom === 'window' && '; measured over the front of the head'}.
    </div>
  );
}

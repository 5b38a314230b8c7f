import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { NETWORK_NAMES } from '../../shared/risk/network-names.ts';
import type { ScanAudit } from '../../shared/risk/records.ts';
import { useCall } from '../calls.ts';
import { formatRoute } from '../route.ts';
import { AuditChip } from '../ui/audit-state.tsx';
import { Loaded } from '../ui/feedback.tsx';
import { formatTime } from '../ui/format.ts';
import { ProblemList } from '../ui/problem-list.tsx';
import { Term } from '../ui/term.tsx';
import { formatFixed, formatShare } from './figures.ts';

interface Props {
  derivativeId: number;
  /** Sentences that stand beside already and are not said again. */
  said?: string;
  /** The numbers open by a click, where there is little room. */
  folded?: boolean;
}

/** What the audit found on one de-identified version: verdict, who it was taken for, how far the face moved. */
export function ScanAuditView({ derivativeId, said = '', folded = false }: Props) {
  const call = useCall('risk.scan', { derivativeId });
  return (
    <div className="rf-scan-audit">
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
            <Found scan={scan} said={said} folded={folded} />
          )
        }
      </Loaded>
    </div>
  );
}

function Found({ scan, said, folded }: { scan: ScanAudit; said: string; folded: boolean }) {
  const { recognition, distance } = scan;
  const numbers = (
    <>
      {recognition.length > 0 ? (
        <Recognition recognition={recognition} />
      ) : (
        <div className="rf-dim">Recognition was not measured.</div>
      )}
      {distance && <Distance distance={distance} />}
    </>
  );
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
      {folded ? (
        <details>
          <summary>Numbers of the audit</summary>
          {numbers}
        </details>
      ) : (
        numbers
      )}
      {scan.problems.length > 0 && <ProblemList problems={scan.problems} empty="" />}
    </>
  );
}

/** One column a network, so that it fits beside pictures too. */
function Recognition({ recognition }: Pick<ScanAudit, 'recognition'>) {
  type Item = ScanAudit['recognition'][number];
  const rows: readonly (readonly [name: ReactNode, key: string, text: (item: Item) => string])[] = [
    [
      'Similarity to the own original',
      'similarity',
      (item) => (item.similarity === null ? 'no face' : formatFixed(item.similarity, 2)),
    ],
    [
      <Term key="term" name="threshold">
        Recognised from
      </Term>,
      'threshold',
      (item) =>
        item.threshold === null
          ? 'too few people'
          : `${formatFixed(item.threshold, 2)}: ${item.accepted ? 'recognised' : 'not recognised'}`,
    ],
    ['Place of the own original', 'place', (item) => `${item.rank ?? '–'} of ${item.people}`],
    [
      <Term key="term" name="chance">
        Chance to be first
      </Term>,
      'chance',
      (item) => formatShare(1 / Math.max(1, item.people)),
    ],
    [
      <Term key="term" name="upperBound">
        Untouched, another view
      </Term>,
      'untouched',
      (item) =>
        item.originalRank === null
          ? 'no face'
          : `${formatFixed(item.originalSimilarity, 2)}, place ${item.originalRank}`,
    ],
    ['Pictures with a face', 'views', (item) => `${item.viewsWithFace} of ${item.views}`],
  ];
  return (
    <Table aria-label="Recognition" verticalSpacing={1} horizontalSpacing={4}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>
            <span className="rf-hidden">Figure</span>
          </Table.Th>
          {recognition.map((item) => (
            <Table.Th key={item.network} scope="col" ta="right">
              {NETWORK_NAMES[item.network]}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(([name, key, text]) => (
          <Table.Tr key={key}>
            <Table.Th scope="row" fw={400}>
              {name}
            </Table.Th>
            {recognition.map((item) => (
              <Table.Td key={item.network} ta="right">
                {text(item)}
              </Table.Td>
            ))}
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

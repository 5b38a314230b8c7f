import { Button, Select } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { NETWORK_NAMES } from '../../shared/risk/network-names.ts';
import { AUDIT_STATES, type AuditState, FACE_NETWORKS, type ScanAudit } from '../../shared/risk/records.ts';
import { client } from '../client.ts';
import { setParams, useRoute } from '../route.ts';
import { AUDIT_ORDER, AuditChip } from '../ui/audit-state.tsx';
import { ChipFilter } from '../ui/chip-filter.tsx';
import { Empty } from '../ui/feedback.tsx';
import { formatCount } from '../ui/format.ts';
import { type PageColumn, PageTable } from '../ui/page-table.tsx';
import { Term } from '../ui/term.tsx';
import { usePages } from '../ui/use-pages.ts';
import { formatFixed } from './figures.ts';

const COLUMNS: readonly PageColumn<ScanAudit>[] = [
  { id: 'state', title: 'Verdict', width: '6.5rem', cell: (scan) => <AuditChip state={scan.state} /> },
  { id: 'subject', title: 'Subject', width: '7.75rem', cell: (scan) => scan.subjectLabel },
  { id: 'kind', title: 'Kind', width: '3.25rem', cell: (scan) => scan.kind },
  {
    id: 'method',
    title: 'Method',
    width: '7.5rem',
    cell: (scan) => (
      <>
        {scan.method}
        {!scan.current && <span className="rf-dim"> earlier</span>}
      </>
    ),
  },
  ...FACE_NETWORKS.map(
    (network): PageColumn<ScanAudit> => ({
      id: network,
      title: NETWORK_NAMES[network],
      width: '9.5rem',
      hint: 'Place of the own original; similarity and the threshold from which it counts as recognised',
      cell: (scan) => placeText(scan.recognition.find((item) => item.network === network)),
    }),
  ),
  {
    id: 'distance',
    title: 'Distance mm',
    width: '6.5rem',
    hint: 'Mean distance of the new surface to the true face; beside it that of the average face',
    cell: ({ distance }) =>
      distance
        ? `${formatFixed(distance.edited.meanMm, 2)} (${distance.average ? formatFixed(distance.average.meanMm, 2) : '–'})`
        : '–',
  },
  {
    id: 'reason',
    title: 'Why',
    width: 'minmax(11rem, 1fr)',
    cell: (scan) => <span title={`${scan.reason} ${scan.next}`}>{scan.reason}</span>,
  },
];

/** "3rd of 40" would read well only in English; place and people are enough. */
function placeText(found: ScanAudit['recognition'][number] | undefined): string {
  if (!found) return '–';
  if (found.viewsWithFace === 0) return `no face in ${found.views}`;
  const limit = found.threshold === null ? '' : ` (${formatFixed(found.threshold, 2)})`;
  return `${found.rank ?? '–'} of ${found.people}; ${formatFixed(found.similarity, 2)}${limit}`;
}

/** Every audited scan, the worst first; a row opens its series. */
export function ScansView({ methods, onExport }: { methods: readonly string[]; onExport: () => void }) {
  const { params } = useRoute();
  const method = methods.includes(params.method ?? '') ? (params.method ?? '') : '';
  const states = (params.verdict ?? '')
    .split(' ')
    .filter((state): state is AuditState => (AUDIT_STATES as readonly string[]).includes(state));
  const pages = usePages(
    'risk.scans',
    async (offset, limit) => {
      const answer = await client()['risk.scans']({ method, states, offset, limit });
      return { total: answer.total, rows: answer.rows, extra: answer.counts };
    },
    JSON.stringify([method, states]),
  );
  const wide = useMediaQuery('(min-width: 100em)', undefined, { getInitialValueInEffect: false });
  return (
    <div className="rf-fill">
      <div className="rf-row">
        <ChipFilter
          legend="Show verdicts"
          order={AUDIT_ORDER}
          counts={pages.extra}
          chosen={states}
          onChange={(chosen) => setParams({ verdict: chosen.join(' ') || undefined })}
          chip={(state) => <AuditChip state={state} />}
        />
        <Select
          aria-label="Versions"
          w={210}
          allowDeselect={false}
          data={[
            { value: '', label: 'Current versions' },
            ...methods.map((name) => ({ value: name, label: `Newest by ${name}` })),
          ]}
          value={method}
          onChange={(value) => setParams({ method: value || undefined })}
        />
        <span className="rf-dim" style={{ flex: 1 }}>
          Place and similarity (<Term name="threshold">threshold</Term>) by each network; distance (
          <Term name="averageFace">average face</Term>).
        </span>
        <Button variant="default" onClick={onExport}>
          Export TSV
        </Button>
      </div>
      <PageTable
        pages={pages}
        columns={COLUMNS}
        onOpen={(scan) => setParams({ series: scan.seriesId, detail: 'versions' })}
        what="the audited scans"
        label="Audited scans, the worst first"
        minWidth={wide ? '84rem' : '64rem'}
        empty={
          <Empty title="No audited scan matches.">
            <Button variant="default" onClick={() => setParams({ verdict: undefined, method: undefined })}>
              Show all
            </Button>
          </Empty>
        }
      />
      <div className="rf-dim" role="status">
        {pages.ready ? `${formatCount(pages.total)} scans shown` : ''}
      </div>
    </div>
  );
}

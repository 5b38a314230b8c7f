import { useMediaQuery } from '@mantine/hooks';
import type { SeriesRow } from '../../shared/catalog/records.ts';
import { formatShape, formatVoxelSize } from '../ui/format.ts';
import { type PageColumn, PageTable } from '../ui/page-table.tsx';
import { StateChip } from '../ui/state.tsx';
import type { SeriesPages, SeriesQuery, SeriesSort } from './series-query.ts';

const FACE: Record<string, string> = {
  intact: 'intact',
  removed: 'already removed',
  'brain-only': 'brain only',
  unknown: 'not looked at',
};

const COLUMNS: readonly PageColumn<SeriesRow, SeriesSort>[] = [
  {
    id: 'state',
    title: 'State',
    width: '7.5rem',
    sort: 'state',
    cell: (row) => <StateChip state={row.state} />,
  },
  {
    id: 'subject',
    title: 'Subject',
    width: '8.25rem',
    sort: 'subject',
    hint: 'Pseudonym within this project',
    cell: (row, before) => (
      <span className={before?.subjectLabel === row.subjectLabel ? 'rf-dim' : ''}>{row.subjectLabel}</span>
    ),
  },
  { id: 'session', title: 'Session', width: '4.75rem', cell: (row) => row.sessionLabel },
  {
    id: 'kind',
    title: 'Kind',
    width: '6rem',
    sort: 'kind',
    cell: (row) => `${row.kind}${row.kindSource === 'user' ? ' (set)' : ''}`,
  },
  {
    id: 'description',
    title: 'Description',
    width: 'minmax(8rem, 1.2fr)',
    sort: 'description',
    cell: (row) => row.description || '–',
  },
  { id: 'shape', title: 'Grid', width: '8.75rem', cell: (row) => formatShape(row.shape) },
  { id: 'voxel', title: 'Voxel mm', width: '8rem', cell: (row) => formatVoxelSize(row.voxelSizeMm) },
  {
    id: 'format',
    title: 'Format',
    width: '4rem',
    cell: (row) => (row.format === 'dicom' ? 'DICOM' : 'NIfTI'),
  },
  {
    id: 'face',
    title: 'Face',
    width: '7rem',
    cell: (row) => (row.faceInView === 'no' ? 'out of view' : FACE[row.faceState]),
  },
  {
    id: 'problems',
    title: 'Problems',
    width: '4.75rem',
    cell: (row) => <span className="rf-num">{row.problemCount || '–'}</span>,
  },
  {
    id: 'reason',
    title: 'Why',
    width: 'minmax(10rem, 2fr)',
    cell: (row) => <span title={row.stateReason}>{row.stateReason || '–'}</span>,
  },
];

interface Props {
  pages: SeriesPages;
  query: SeriesQuery;
  onSort: (sort: SeriesSort, descending: boolean) => void;
  onOpen: (row: SeriesRow) => void;
  label: string;
  empty: React.ReactNode;
  /** Ticked rows; leave out for a table without ticks. */
  selected?: ReadonlySet<number>;
  onSelect?: (ids: ReadonlySet<number>) => void;
  /** Columns left out. */
  hide?: readonly string[];
}

/** Any number of series. */
export function SeriesTable({
  pages,
  query,
  onSort,
  onOpen,
  label,
  empty,
  selected,
  onSelect,
  hide = [],
}: Props) {
  const wide = useMediaQuery('(min-width: 100em)', undefined, { getInitialValueInEffect: false });
  const left = wide ? hide : [...hide, 'voxel', 'format', 'face'];
  return (
    <PageTable
      pages={pages}
      columns={COLUMNS.filter((column) => !left.includes(column.id))}
      onOpen={onOpen}
      what="the series"
      label={label}
      empty={empty}
      minWidth={wide ? '92rem' : '58rem'}
      order={query}
      onSort={onSort}
      {...(selected && onSelect
        ? {
            ticks: {
              idOf: (row: SeriesRow) => row.id,
              labelOf: (row: SeriesRow) => `${row.subjectLabel} ${row.description}`,
              selected,
              onSelect,
            },
          }
        : {})}
    />
  );
}

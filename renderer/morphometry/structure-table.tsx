import { Table } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import {
  type ColumnDef,
  flexRender,
  getCoreRowModel,
  getSortedRowModel,
  type SortingState,
  useReactTable,
} from '@tanstack/react-table';
import { useState } from 'react';
import type { StructureComparison } from '../../shared/morphometry/records.ts';
import { formatNumber, formatP, formatPercent } from '../ui/format.ts';
import { Term } from '../ui/term.tsx';
import { People } from './people.tsx';

const number = (value: number | null, digits: number) => (value === null ? '–' : value.toFixed(digits));

/** What decides comes first; a narrow window hides the millimetres and not the changes. */
const COLUMNS: ColumnDef<StructureComparison>[] = [
  { accessorKey: 'structure', header: 'Structure' },
  {
    accessorKey: 'n',
    header: 'Scans',
    cell: ({ row: { original } }) => (
      <>
        {original.n}
        <People scans={original.n} people={original.people} />
      </>
    ),
  },
  {
    accessorKey: 'meanPercentChange',
    header: 'Mean change',
    cell: (cell) => formatPercent(cell.getValue<number>()),
  },
  {
    accessorKey: 'medianAbsPercentChange',
    header: 'Median |change|',
    cell: ({ row }) => <MedianChange item={row.original} />,
  },
  {
    accessorKey: 'floorPercent',
    header: () => <Term name="floor">Floor (pairs)</Term>,
    cell: ({ row }) => <Floor item={row.original} />,
  },
  {
    accessorKey: 'maxAbsPercentChange',
    header: 'Largest',
    cell: (cell) => formatPercent(cell.getValue<number>()).replace('+', ''),
  },
  {
    accessorKey: 'p',
    header: () => <Term name="Wilcoxon">p</Term>,
    cell: (cell) => formatP(cell.getValue<number | null>()),
  },
  {
    accessorKey: 'pHolm',
    header: () => <Term name="Holm">p (Holm)</Term>,
    cell: (cell) => formatP(cell.getValue<number | null>()),
  },
  {
    accessorKey: 'icc',
    header: () => <Term name="ICC">ICC(A,1)</Term>,
    cell: (cell) => number(cell.getValue<number | null>(), 4),
  },
  {
    accessorKey: 'dice',
    header: () => <Term name="Dice" />,
    cell: (cell) => number(cell.getValue<number | null>(), 3),
  },
  {
    accessorKey: 'meanBefore',
    header: 'Mean before mm³',
    cell: (cell) => formatNumber(cell.getValue<number>()),
  },
  {
    accessorKey: 'meanAfter',
    header: 'Mean after mm³',
    cell: (cell) => formatNumber(cell.getValue<number>()),
  },
  {
    accessorKey: 'biasMm3',
    header: () => <Term name="bias">Bias mm³</Term>,
    cell: (cell) => formatNumber(cell.getValue<number>()),
  },
  {
    id: 'limits',
    header: 'Limits mm³',
    enableSorting: false,
    cell: ({ row }) =>
      `${formatNumber(row.original.limitLowMm3)} … ${formatNumber(row.original.limitHighMm3)}`,
  },
];

/** The change a scan typically shows; marked in words where it is more than a second scan would. */
function MedianChange({ item }: { item: StructureComparison }) {
  const text = formatPercent(item.medianAbsPercentChange).replace('+', '');
  return item.floorPercent !== null && item.medianAbsPercentChange > item.floorPercent ? (
    <strong className="rf-warning">{text} &gt; floor</strong>
  ) : (
    text
  );
}

function Floor({ item }: { item: StructureComparison }) {
  if (item.floorPercent === null) return '–';
  return (
    <>
      {formatPercent(item.floorPercent).replace('+', '')} <span className="rf-dim">({item.floorN})</span>
    </>
  );
}

/** Agreement per structure; the chosen row feeds the difference plot. */
export function StructureTable({
  structures,
  chosen,
  onChoose,
}: {
  structures: StructureComparison[];
  chosen: string;
  onChoose: (structure: string) => void;
}) {
  const [sorting, setSorting] = useState<SortingState>([]);
  const table = useReactTable({
    data: structures,
    columns: COLUMNS,
    state: { sorting },
    onSortingChange: setSorting,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
  });
  return (
    <section
      className="rf-table-scroll"
      style={{ maxHeight: '24rem' }}
      tabIndex={0}
      aria-label="Agreement per structure"
    >
      <Table aria-label="Agreement per structure" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {table.getHeaderGroups()[0]?.headers.map((header, index) => {
              const sorted = header.column.getIsSorted();
              return (
                <Table.Th
                  key={header.id}
                  ta={index === 0 ? 'left' : 'right'}
                  aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : undefined}
                >
                  {flexRender(header.column.columnDef.header, header.getContext())}
                  {header.column.getCanSort() && (
                    <button
                      type="button"
                      className="rf-sort"
                      aria-label={`Sort by ${header.column.id}`}
                      onClick={header.column.getToggleSortingHandler()}
                      style={{ marginLeft: 3 }}
                    >
                      {sorted === 'asc' ? (
                        <IconArrowUp size="0.8rem" aria-hidden />
                      ) : (
                        <IconArrowDown size="0.8rem" aria-hidden opacity={sorted ? 1 : 0.35} />
                      )}
                    </button>
                  )}
                </Table.Th>
              );
            })}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {table.getRowModel().rows.map((row) => (
            <Table.Tr key={row.id} bg={row.original.structure === chosen ? 'var(--rf-selected)' : undefined}>
              {row.getVisibleCells().map((cell, index) =>
                index === 0 ? (
                  <Table.Th key={cell.id} scope="row">
                    <button
                      type="button"
                      className="rf-link"
                      style={{ whiteSpace: 'nowrap' }}
                      aria-pressed={row.original.structure === chosen}
                      onClick={() => onChoose(row.original.structure)}
                    >
                      {row.original.structure}
                    </button>
                  </Table.Th>
                ) : (
                  <Table.Td key={cell.id} ta="right" style={{ whiteSpace: 'nowrap' }}>
                    {flexRender(cell.column.columnDef.cell, cell.getContext())}
                  </Table.Td>
                ),
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

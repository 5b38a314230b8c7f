import { Table } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { SharedAudit } from '../../shared/share/audit-records.ts';
import {
  AUDIT_TITLE,
  auditEntries,
  auditSheet,
  auditWord,
  type SheetBlock,
  type SheetTable,
} from '../../shared/share/audit-sheet.ts';
import type { SharedScan, ShareReceipt } from '../../shared/share/records.ts';

/** What the audit says about the shared scans, in the words of the receipt file. */
export function AuditSection({ receipt }: { receipt: ShareReceipt }) {
  return (
    <section aria-label={AUDIT_TITLE}>
      <h3>{AUDIT_TITLE}</h3>
      {auditSheet(receipt).map((block) => (
        <Block key={keyOf(block)} block={block} />
      ))}
    </section>
  );
}

/** No two blocks of a sheet say the same. */
function keyOf(block: SheetBlock): string {
  switch (block.kind) {
    case 'table':
      return `table ${block.label}`;
    case 'list':
    case 'plots':
      return block.kind;
    default:
      return block.text;
  }
}

function Block({ block }: { block: SheetBlock }) {
  switch (block.kind) {
    case 'paragraph':
      return <p>{block.text}</p>;
    case 'note':
      return <p className="rf-dim">{block.text}</p>;
    case 'heading':
      return <h4>{block.text}</h4>;
    case 'table':
      return <Figures table={block} />;
    case 'list':
      return (
        <ul className="rf-dim">
          {block.items.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      );
    case 'plots':
      return (
        <div className="rf-receipt-plots">
          {block.plots.map((svg) => (
            <Drawing key={svg} svg={svg} />
          ))}
        </div>
      );
  }
}

function Figures({ table: { label, columns, rows } }: { table: SheetTable }) {
  return (
    <Table className="rf-receipt-figures" aria-label={label}>
      <Table.Thead>
        <Table.Tr>
          {columns.map(({ title, number }) => (
            <Table.Th key={title} ta={number ? 'right' : undefined}>
              {title}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(({ cells, quiet }) => (
          <Table.Tr key={cells.map((cell) => cell.text).join('\n')} className={quiet ? 'rf-dim' : undefined}>
            {cells.map(({ text, range }, n) => {
              const { title, number } = columns[n]!;
              const inside = (
                <>
                  {text}
                  {range && <span className="rf-receipt-range">{range}</span>}
                </>
              );
              return n === 0 ? (
                <Table.Th key={title} scope="row">
                  {inside}
                </Table.Th>
              ) : (
                <Table.Td key={title} ta={number ? 'right' : undefined}>
                  {inside}
                </Table.Td>
              );
            })}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** SVG text as an element: parsed as a document of its own, in which nothing runs. */
function Drawing({ svg }: { svg: string }) {
  const holder = useRef<HTMLElement>(null);
  useEffect(() => {
    const drawing = new DOMParser().parseFromString(svg, 'text/html').querySelector('svg');
    if (drawing) holder.current?.replaceChildren(drawing);
  }, [svg]);
  return <figure ref={holder} />;
}

const COLOURS = { safe: undefined, 'at-risk': 'rf-error', 'cannot-tell': 'rf-warning' } as const;

/** The audit of one scan in the table of shared scans. */
export function AuditWord({ scan }: { scan: SharedScan }) {
  return <span className={scan.audit ? COLOURS[scan.audit.state] : 'rf-dim'}>{auditWord(scan)}</span>;
}

/** The numbers behind the audit of one scan; nothing when it was not audited. */
export function AuditNumbers({ audit }: { audit: SharedAudit | null }) {
  const entries = auditEntries(audit);
  if (entries.length === 0) return null;
  return (
    <dl className="rf-row rf-receipt-numbers">
      {entries.map(({ label, text, bad }) => (
        <div key={label} className={bad ? 'rf-error' : undefined}>
          <dt className="rf-dim">{label}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

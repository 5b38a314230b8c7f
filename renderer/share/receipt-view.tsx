import { Button, Table } from '@mantine/core';
import { IconArrowLeft, IconPrinter } from '@tabler/icons-react';
import type { ShareReceipt } from '../../shared/share/records.ts';
import { useCall } from '../calls.ts';
import { go } from '../route.ts';
import { Loaded } from '../ui/feedback.tsx';
import { formatBytes, formatCount, formatTime, plural } from '../ui/format.ts';
import { StateChip } from '../ui/state.tsx';
import { Checklist } from './checklist.tsx';

/** Long tables are cut on screen; the receipt file in the share has every line. */
const ROWS = 500;

/** What left, what stayed, and what was checked; readable and printable by a person. */
export function ReceiptView({ shareId }: { shareId: number }) {
  const call = useCall('share.receipt', { shareId });
  return (
    <Loaded call={call} what="the receipt">
      {({ receipt, htmlUrl }) => (
        <div className="rf-receipt">
          <div className="rf-row rf-no-print" style={{ marginBottom: 10 }}>
            <Button
              variant="default"
              leftSection={<IconArrowLeft size={15} aria-hidden />}
              onClick={() => go('share')}
            >
              Back
            </Button>
            <Button
              variant="default"
              leftSection={<IconPrinter size={15} aria-hidden />}
              onClick={() => window.print()}
            >
              Print
            </Button>
            <Button variant="default" component="a" href={htmlUrl} download="receipt.html">
              Save as HTML
            </Button>
          </div>
          <Receipt receipt={receipt} />
        </div>
      )}
    </Loaded>
  );
}

function Receipt({ receipt }: { receipt: ShareReceipt }) {
  return (
    <article className="rf-panel">
      <h2>Receipt {receipt.id}</h2>
      <p className="rf-sentence">
        {plural(receipt.scans.length, 'scan')} shared, {formatCount(receipt.held.length)} held;{' '}
        {receipt.leaks.length === 0
          ? 'the byte search found no identifier of any subject.'
          : `the byte search found ${plural(receipt.leaks.length, 'identifier')}: do not send this share.`}
      </p>
      <p className="rf-dim">
        {formatTime(receipt.createdAt)} · {receipt.product} {receipt.version} · policy {receipt.policyName} ·{' '}
        {receipt.formats.join(', ').toUpperCase()} · {plural(receipt.files, 'file')} ·{' '}
        {formatBytes(receipt.bytes)}
      </p>
      <h3>Checks</h3>
      <Checklist items={receipt.checks} label="Checks" />
      {receipt.leaks.length > 0 && (
        <>
          <h3 className="rf-error">Identifiers found</h3>
          <Table aria-label="Identifiers found">
            <Table.Tbody>
              {receipt.leaks.map((leak) => (
                <Table.Tr key={`${leak.file} ${leak.identifierKind} ${leak.where}`}>
                  <Table.Td>{leak.identifierKind}</Table.Td>
                  <Table.Td>in the {leak.where}</Table.Td>
                  <Table.Td className="rf-path">{leak.file}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </>
      )}
      <h3>Shared</h3>
      <Table aria-label="Shared scans">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Subject</Table.Th>
            <Table.Th>Session</Table.Th>
            <Table.Th>Kind</Table.Th>
            <Table.Th>Method</Table.Th>
            <Table.Th>Verdict</Table.Th>
            <Table.Th>Override</Table.Th>
            <Table.Th ta="right">Files</Table.Th>
            <Table.Th ta="right">Size</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {receipt.scans.slice(0, ROWS).map((scan) => (
            <Table.Tr key={scan.seriesId}>
              <Table.Td>{scan.subjectLabel}</Table.Td>
              <Table.Td>{scan.sessionLabel}</Table.Td>
              <Table.Td>{scan.kind}</Table.Td>
              <Table.Td>{scan.method}</Table.Td>
              <Table.Td>{scan.verdict}</Table.Td>
              <Table.Td>{scan.override ?? '–'}</Table.Td>
              <Table.Td ta="right">{formatCount(scan.files)}</Table.Td>
              <Table.Td ta="right">{formatBytes(scan.bytes)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {receipt.scans.length > ROWS && (
        <p className="rf-dim">
          and {formatCount(receipt.scans.length - ROWS)} more, listed in the receipt file.
        </p>
      )}
      <h3>Held</h3>
      {receipt.held.length === 0 ? (
        <p className="rf-dim">Nothing was held.</p>
      ) : (
        <Table aria-label="Held scans">
          <Table.Tbody>
            {receipt.held.slice(0, ROWS).map((scan) => (
              <Table.Tr key={scan.seriesId}>
                <Table.Td style={{ whiteSpace: 'nowrap' }}>{scan.subjectLabel}</Table.Td>
                <Table.Td>{scan.kind}</Table.Td>
                <Table.Td>
                  <StateChip state={scan.state} />
                </Table.Td>
                <Table.Td>{scan.reason}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {receipt.held.length > ROWS && (
        <p className="rf-dim">
          and {formatCount(receipt.held.length - ROWS)} more, listed in the receipt file.
        </p>
      )}
    </article>
  );
}

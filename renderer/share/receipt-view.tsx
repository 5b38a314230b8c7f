import { Button, Table } from '@mantine/core';
import { IconArrowLeft, IconPrinter } from '@tabler/icons-react';
import { Fragment, useEffect } from 'react';
import type { CohortNumbers, SharedNumber, SharedScan, ShareReceipt } from '../../shared/share/records.ts';
import { useCall } from '../calls.ts';
import { go } from '../route.ts';
import { Loaded } from '../ui/feedback.tsx';
import { formatBytes, formatCount, formatPercent, formatTime, plural } from '../ui/format.ts';
import { StateChip } from '../ui/state.tsx';
import { Checklist } from './checklist.tsx';
import { AuditNumbers, AuditSection, AuditWord } from './receipt-audit.tsx';

/** Long tables are cut on screen; the receipt file in the share has every line. */
const ROWS = 500;
/** Columns of the table of shared scans. */
const COLUMNS = 9;
/** Labels and states never break within a word. */
const WHOLE = { whiteSpace: 'nowrap' } as const;

/** What left, what stayed, and what was checked; readable and printable by a person. */
export function ReceiptView({ shareId }: { shareId: number }) {
  const call = useCall('share.receipt', { shareId });
  useEffect(printLight, []);
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
          <Receipt receipt={receipt} base={htmlUrl.replace(/[^/]*$/, '')} />
        </div>
      )}
    </Loaded>
  );
}

const SCHEME = 'data-mantine-color-scheme';

/** Paper is white whatever the screen is. */
function printLight(): () => void {
  const root = document.documentElement;
  let onScreen: string | null = null;
  const before = () => {
    onScreen = root.getAttribute(SCHEME);
    root.setAttribute(SCHEME, 'light');
  };
  const after = () => {
    if (onScreen !== null) root.setAttribute(SCHEME, onScreen);
  };
  window.addEventListener('beforeprint', before);
  window.addEventListener('afterprint', after);
  return () => {
    window.removeEventListener('beforeprint', before);
    window.removeEventListener('afterprint', after);
  };
}

/** @param base address that the paths in a receipt are relative to */
function Receipt({ receipt, base }: { receipt: ShareReceipt; base: string }) {
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
      <AuditSection receipt={receipt} />
      {receipt.cohort && <Cohort cohort={receipt.cohort} shared={receipt.scans.length} />}
      <h3>Shared</h3>
      <Table aria-label="Shared scans">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Subject</Table.Th>
            <Table.Th>Session</Table.Th>
            <Table.Th>Kind</Table.Th>
            <Table.Th>Method</Table.Th>
            <Table.Th>Verdict</Table.Th>
            <Table.Th>Audit</Table.Th>
            <Table.Th>Override</Table.Th>
            <Table.Th ta="right">Files</Table.Th>
            <Table.Th ta="right">Size</Table.Th>
          </Table.Tr>
        </Table.Thead>
        {receipt.scans.slice(0, ROWS).map((scan) => (
          <Table.Tbody key={scan.seriesId} className="rf-receipt-scan">
            <Table.Tr style={hasDetail(scan) ? { borderBottom: 0 } : undefined}>
              <Table.Td style={WHOLE}>{scan.subjectLabel}</Table.Td>
              <Table.Td style={WHOLE}>{scan.sessionLabel}</Table.Td>
              <Table.Td style={WHOLE}>{scan.kind}</Table.Td>
              <Table.Td style={WHOLE}>{scan.method}</Table.Td>
              <Table.Td>{scan.verdict}</Table.Td>
              <Table.Td style={WHOLE}>
                <AuditWord scan={scan} />
              </Table.Td>
              <Table.Td>{scan.override ?? '–'}</Table.Td>
              <Table.Td ta="right">{formatCount(scan.files)}</Table.Td>
              <Table.Td ta="right" style={WHOLE}>
                {formatBytes(scan.bytes)}
              </Table.Td>
            </Table.Tr>
            {hasDetail(scan) && <ScanDetail scan={scan} base={base} />}
          </Table.Tbody>
        ))}
      </Table>
      {receipt.scans.length > ROWS && (
        <p className="rf-dim">
          and {formatCount(receipt.scans.length - ROWS)} more, listed in the receipt file.
        </p>
      )}
      {receipt.scans.some((scan) => scan.pictures.length > 0) && (
        <p className="rf-dim">Pictures show the de-identified scans as they are in the share.</p>
      )}
      <h3>Held</h3>
      {receipt.held.length === 0 ? (
        <p className="rf-dim">Nothing was held.</p>
      ) : (
        <Table aria-label="Held scans">
          <Table.Tbody>
            {receipt.held.slice(0, ROWS).map((scan) => (
              <Table.Tr key={scan.seriesId}>
                <Table.Td style={WHOLE}>{scan.subjectLabel}</Table.Td>
                <Table.Td style={WHOLE}>{scan.kind}</Table.Td>
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

function hasDetail({ numbers, volumeChanges, pictures, notes, audit }: SharedScan): boolean {
  return audit !== null || numbers.length + volumeChanges.length + pictures.length + notes.length > 0;
}

const VIEWS = { front: 'surface from the front', sagittal: 'sagittal slice' } as const;

/** What a scan looks like in the share, and the numbers behind its verdict. */
function ScanDetail({ scan, base }: { scan: SharedScan; base: string }) {
  return (
    <Table.Tr>
      <Table.Td colSpan={COLUMNS} pt={0}>
        <div className="rf-row" style={{ flexWrap: 'nowrap', alignItems: 'flex-start' }}>
          {scan.pictures.map(({ view, path }) => (
            <img
              key={path}
              src={base + path}
              alt={`De-identified ${scan.kind} of ${scan.subjectLabel}, ${VIEWS[view]}`}
              loading="lazy"
              width={96}
              height={96}
              style={{ flex: 'none', objectFit: 'contain', background: '#000', borderRadius: 3 }}
            />
          ))}
          <div style={{ flex: 1 }}>
            <dl className="rf-row rf-receipt-numbers">
              {scan.numbers.map((number) => (
                <div key={number.name} className={number.ok === false ? 'rf-error' : undefined}>
                  <dt className="rf-dim">{number.label}</dt>
                  <dd>{numberText(number)}</dd>
                </div>
              ))}
              {scan.volumeChanges.length > 0 && (
                <div>
                  <dt className="rf-dim">Volumes changed by the edit</dt>
                  <dd>
                    {scan.volumeChanges
                      .map((change) => `${change.structure} ${formatPercent(change.percentChange)}`)
                      .join(', ')}
                  </dd>
                </div>
              )}
            </dl>
            <AuditNumbers audit={scan.audit} />
            {scan.notes.map((note) => (
              <div key={note} className="rf-dim">
                {note}
              </div>
            ))}
          </div>
        </div>
      </Table.Td>
    </Table.Tr>
  );
}

function numberText({ value, unit }: SharedNumber): string {
  if (value === null) return 'not measured';
  // A tenth of a millilitre says nothing about a head.
  const text = formatCount(unit === 'mL' && value >= 10 ? Math.round(value) : value);
  return unit === '' ? text : `${text} ${unit}`;
}

/** What the edits did to the measured volumes over all shared scans. */
function Cohort({ cohort, shared }: { cohort: CohortNumbers; shared: number }) {
  return (
    <>
      <h3>Measured before and after the edit</h3>
      <p>
        {formatCount(cohort.compared)} of {plural(shared, 'shared scan')} compared,{' '}
        {cohort.failed === 0 ? 'none failed to measure' : `${formatCount(cohort.failed)} failed to measure`};{' '}
        {formatCount(cohort.over5Percent)} changed by more than 5 % in GM, WM, CSF or TIV.
        {cohort.structures.map(({ structure, meanPercentChange }, n) => (
          <Fragment key={structure}>
            {n === 0 ? ' Mean change: ' : ', '}
            <span style={WHOLE}>
              {structure} {formatPercent(meanPercentChange)}
            </span>
          </Fragment>
        ))}
        {cohort.structures.length > 0 && '.'}
      </p>
    </>
  );
}

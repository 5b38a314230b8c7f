import { Button, Select, Table, Tabs } from '@mantine/core';
import { useState } from 'react';
import { useAction, useCall } from '../calls.ts';
import type { CallOutput } from '../client.ts';
import { asKind, KIND_CHOICES } from '../import/kinds.ts';
import { ReasonDialog } from '../import/reason-dialog.tsx';
import { ENGINE_NAMES } from '../morphometry/engine-names.ts';
import { ScanAuditView } from '../risk/scan-audit-view.tsx';
import { go, setParams, useRoute } from '../route.ts';
import { SideDialog } from '../ui/dialog.tsx';
import { ErrorPanel, Loaded } from '../ui/feedback.tsx';
import {
  formatNumber,
  formatPercent,
  formatSeconds,
  formatShape,
  formatTime,
  formatVoxelSize,
} from '../ui/format.ts';
import { ProblemList } from '../ui/problem-list.tsx';
import { StateChip } from '../ui/state.tsx';
import { Term } from '../ui/term.tsx';
import { isAuditNumber, VerdictNumbers } from '../ui/verdict-numbers.tsx';
import { excludeOutcome } from './exclude-outcome.ts';
import { SessionLead } from './session-lead.tsx';

const TABS = ['overview', 'problems', 'versions', 'volumes', 'reviews', 'header'] as const;
type Detail = CallOutput<'catalog.series'>;

/** One series in full, beside whatever screen asked for it. */
export function SeriesDrawer({ seriesId }: { seriesId: number }) {
  const call = useCall('catalog.series', { id: seriesId });
  const title = call.data
    ? `${call.data.row.subjectLabel} · ${call.data.row.sessionLabel} · ${call.data.row.kind}`
    : `Series ${seriesId}`;
  return (
    <SideDialog
      opened
      onClose={() => setParams({ series: undefined, detail: undefined })}
      size="min(46rem, 90vw)"
      title={title}
    >
      <Loaded call={call} what="this series">
        {(detail) => <Details key={detail.row.id} detail={detail} />}
      </Loaded>
    </SideDialog>
  );
}

function Details({ detail }: { detail: Detail }) {
  const { row } = detail;
  const { params } = useRoute();
  return (
    <Tabs
      value={TABS.find((tab) => tab === params.detail) ?? 'overview'}
      onChange={(tab) => setParams({ detail: tab === 'overview' ? undefined : (tab ?? undefined) })}
      keepMounted={false}
    >
      <Tabs.List>
        <Tabs.Tab value="overview">Overview</Tabs.Tab>
        <Tabs.Tab value="problems">Problems {detail.problems.length}</Tabs.Tab>
        <Tabs.Tab value="versions">De-identified {detail.derivatives.length}</Tabs.Tab>
        <Tabs.Tab value="volumes">Volumes</Tabs.Tab>
        <Tabs.Tab value="reviews">Reviews {detail.reviews.length}</Tabs.Tab>
        <Tabs.Tab value="header">Header</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="overview" pt="sm">
        <Overview detail={detail} />
      </Tabs.Panel>
      <Tabs.Panel value="problems" pt="sm">
        <ProblemList problems={detail.problems} empty="Nothing was found wrong with this series." />
      </Tabs.Panel>
      <Tabs.Panel value="versions" pt="sm">
        <Versions detail={detail} />
      </Tabs.Panel>
      <Tabs.Panel value="volumes" pt="sm">
        <Volumes detail={detail} />
      </Tabs.Panel>
      <Tabs.Panel value="reviews" pt="sm">
        {detail.reviews.length === 0 ? (
          <p className="rf-dim">Nobody has reviewed this scan yet.</p>
        ) : (
          <ul className="rf-list">
            {detail.reviews.map((review) => (
              <li key={review.id} className="rf-panel" style={{ marginBottom: 6 }}>
                <strong>{review.decision}</strong> by {review.reviewer}, {formatTime(review.at)}
                {review.note && <div>{review.note}</div>}
                <div className="rf-path rf-dim">{JSON.stringify(review.settings)}</div>
              </li>
            ))}
          </ul>
        )}
      </Tabs.Panel>
      <Tabs.Panel value="header" pt="sm">
        <p className="rf-dim" style={{ marginTop: 0 }}>
          As in the source; shown only inside the lab.{' '}
          {row.patientId ? `Identity in the source: ${row.patientId}.` : 'No identity in the source.'}
        </p>
        <Table aria-label="Header attributes">
          <Table.Tbody>
            {detail.attributes.map((attribute) => (
              <Table.Tr key={attribute.name}>
                <Table.Th scope="row" fw={500} w="40%">
                  {attribute.name}
                </Table.Th>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{attribute.value}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <h2 className="rf-h2">Files</h2>
        <ul className="rf-list rf-path">
          {detail.files.map((file) => (
            <li key={file}>{file}</li>
          ))}
          {row.instanceCount > detail.files.length && (
            <li className="rf-dim">and {row.instanceCount - detail.files.length} more</li>
          )}
        </ul>
      </Tabs.Panel>
    </Tabs>
  );
}

function Overview({ detail }: { detail: Detail }) {
  const { row } = detail;
  const [excluding, setExcluding] = useState(false);
  const setKind = useAction('import.setKind');
  const include = useAction('import.include');
  const exclude = useAction('import.exclude');
  const [left, setLeft] = useState('');
  const error = setKind.error ?? include.error ?? exclude.error;
  const outside = row.state === 'excluded' || row.quarantine !== null;
  return (
    <div className="rf-columns">
      <div
        className="rf-note"
        data-level={row.state === 'failed' ? 'error' : row.state === 'needs-review' ? 'warning' : 'info'}
      >
        <StateChip state={row.state} />
        <div>{row.stateReason}</div>
        {row.stateNext && (
          <div>
            <strong>Next:</strong> {row.stateNext}
          </div>
        )}
      </div>
      {row.derivativeId !== null && (
        <ScanAuditView derivativeId={row.derivativeId} said={`${row.stateReason} ${row.stateNext}`} folded />
      )}
      {error && <ErrorPanel error={error} />}
      {left && (
        <div className="rf-note" data-level="warning" role="status">
          {left}
        </div>
      )}
      <div className="rf-row" style={{ alignItems: 'flex-end' }}>
        <Select
          label="Kind"
          description={row.kindSource === 'auto' ? 'recognised from the header' : 'set by a person'}
          w={160}
          allowDeselect={false}
          data={KIND_CHOICES}
          value={row.kind}
          onChange={(value) => {
            const kind = asKind(value);
            if (kind) void setKind.run({ seriesIds: [row.id], kind });
          }}
        />
        {outside ? (
          <Button
            variant="default"
            loading={include.busy}
            onClick={() => void include.run({ seriesIds: [row.id] })}
          >
            Include
          </Button>
        ) : (
          <Button variant="default" onClick={() => setExcluding(true)}>
            Exclude
          </Button>
        )}
        <Button variant="default" onClick={() => go('deidentify', { preview: row.id })}>
          Preview de-identification
        </Button>
        {row.derivativeId !== null && (
          <Button variant="default" onClick={() => go('review', { item: row.derivativeId ?? undefined })}>
            Open in review
          </Button>
        )}
      </div>
      <SessionLead seriesId={row.id} />
      <Table aria-label="About this series">
        <Table.Tbody>
          {[
            ['Subject', row.subjectLabel],
            ['Session', row.sessionLabel],
            ['Description', row.description || '–'],
            [
              'Format',
              `${row.format === 'dicom' ? 'DICOM' : 'NIfTI'}, ${row.modality}, ${row.instanceCount} files`,
            ],
            ['Grid', formatShape(row.shape)],
            ['Voxel size', `${formatVoxelSize(row.voxelSizeMm)} mm`],
            ['Layout', row.layout],
            ['Face in view', row.faceInView],
            ['Face', row.faceState],
            ['Quarantine', row.quarantine ?? 'no'],
          ].map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={500} w={140}>
                {name}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <ReasonDialog
        opened={excluding}
        title="Exclude this series"
        action="Exclude"
        onClose={() => setExcluding(false)}
        onConfirm={(reason) => {
          setExcluding(false);
          setLeft('');
          void exclude
            .run({ seriesIds: [row.id], reason })
            .then((answer) => answer && setLeft(excludeOutcome(answer.changed)));
        }}
      />
    </div>
  );
}

function Versions({ detail }: { detail: Detail }) {
  if (detail.derivatives.length === 0) return <p className="rf-dim">Not de-identified yet.</p>;
  return (
    <ul className="rf-list">
      {detail.derivatives.map((item) => (
        <li key={item.id} className="rf-panel" style={{ marginBottom: 8 }}>
          <div className="rf-row" style={{ justifyContent: 'space-between' }}>
            <span className="rf-row">
              <strong>{item.method}</strong> <StateChip state={item.verdict.state} />{' '}
              {!item.current && <span className="rf-dim">superseded</span>}
            </span>
            <Button variant="default" size="compact-xs" onClick={() => go('review', { item: item.id })}>
              Open in review
            </Button>
          </div>
          <div>{item.verdict.reason}</div>
          <div className="rf-dim">
            {formatTime(item.createdAt)} · {formatSeconds(item.seconds)} · policy {item.policyName} · seed{' '}
            {item.seed} · {JSON.stringify(item.methodParams)}
          </div>
          <VerdictNumbers numbers={item.verdict.numbers.filter((number) => !isAuditNumber(number.name))} />
          <ScanAuditView derivativeId={item.id} said={item.verdict.reason} />
          <details>
            <summary>Steps applied ({item.steps.length})</summary>
            <ol>
              {item.steps.map((step) => (
                <li key={step.name + step.at}>
                  {step.name} {step.version}{' '}
                  <span className="rf-path rf-dim">{JSON.stringify(step.params)}</span>
                </li>
              ))}
            </ol>
          </details>
        </li>
      ))}
    </ul>
  );
}

function Volumes({ detail }: { detail: Detail }) {
  const before = detail.measurements.filter((item) => item.derivativeId === null);
  const latest = detail.row.derivativeId;
  if (detail.measurements.length === 0) return <p className="rf-dim">Not measured yet.</p>;
  return (
    <Table aria-label="Brain volumes">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Structure</Table.Th>
          <Table.Th>Engine</Table.Th>
          <Table.Th ta="right">Original mm³</Table.Th>
          <Table.Th ta="right">De-identified mm³</Table.Th>
          <Table.Th ta="right">Change</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {before.map((item) => {
          const after = detail.measurements.find(
            (other) =>
              other.derivativeId === latest &&
              latest !== null &&
              other.engine === item.engine &&
              other.structure === item.structure,
          );
          return (
            <Table.Tr key={item.engine + item.structure}>
              <Table.Th scope="row" fw={500}>
                {item.structure === 'GM' ||
                item.structure === 'WM' ||
                item.structure === 'CSF' ||
                item.structure === 'TIV' ? (
                  <Term name={item.structure} />
                ) : (
                  item.structure
                )}
              </Table.Th>
              <Table.Td>{ENGINE_NAMES[item.engine].short}</Table.Td>
              <Table.Td ta="right">{formatNumber(item.volumeMm3)}</Table.Td>
              <Table.Td ta="right">{after ? formatNumber(after.volumeMm3) : '–'}</Table.Td>
              <Table.Td ta="right">{formatPercent(after?.percentChange ?? null)}</Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

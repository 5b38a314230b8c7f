import { Button, Checkbox } from '@mantine/core';
import { useState } from 'react';
import type { ShareFormat, ShareOverride } from '../../shared/share/records.ts';
import { useAction, useCall } from '../calls.ts';
import { useBatches } from '../events.ts';
import { useMainVariant } from '../project/use-project.ts';
import { go, useRoute } from '../route.ts';
import { ErrorPanel, Loaded } from '../ui/feedback.tsx';
import { FolderField } from '../ui/folder-field.tsx';
import { formatCount, plural } from '../ui/format.ts';
import { BatchPanel } from '../ui/progress.tsx';
import { Checklist } from './checklist.tsx';
import { HeldScans } from './held-scans.tsx';

/** What stands in the way, what stays, where it goes, and the one button. */
export function NewShare() {
  const [overrides, setOverrides] = useState<ShareOverride[]>([]);
  const [dir, setDir] = useState(useRoute().params.dir ?? '');
  const [formats, setFormats] = useState<ShareFormat[]>(['bids']);
  const [started, setStarted] = useState<{ batchId: string; shareId: number }>();
  const check = useCall('share.checklist', { overrides });
  const start = useAction('share.start');
  const variant = useMainVariant('share');
  const batches = useBatches();
  const batch = started
    ? batches.get(started.batchId)
    : [...batches.values()].findLast((item) => item.kind === 'share' && !item.finished);
  const toggle = (format: ShareFormat, on: boolean) =>
    setFormats(on ? [...formats, format] : formats.filter((other) => other !== format));
  return (
    <Loaded call={check} what="the checklist">
      {(data) => (
        <div className="rf-columns rf-share">
          <section className="rf-panel">
            <h2>Checklist</h2>
            <Checklist items={data.items} label="Before sharing" />
          </section>
          <section className="rf-panel">
            <h2>Write the share</h2>
            <p style={{ margin: 0 }}>
              <strong>{plural(data.ready, 'scan')}</strong> ready to leave,{' '}
              <strong>{formatCount(data.held.length)}</strong> stay
              {overrides.length > 0
                ? `; ${plural(overrides.length, 'override')} will be recorded in the receipt`
                : ''}
              .
            </p>
            <fieldset className="rf-row" style={{ border: 0, padding: 0, margin: '0.625rem 0', gap: 20 }}>
              <legend>Formats</legend>
              <Checkbox
                label="BIDS (NIfTI and sidecars, for research tools)"
                checked={formats.includes('bids')}
                onChange={(event) => toggle('bids', event.currentTarget.checked)}
              />
              <Checkbox
                label="DICOM (for archives and viewers)"
                checked={formats.includes('dicom')}
                onChange={(event) => toggle('dicom', event.currentTarget.checked)}
              />
            </fieldset>
            <FolderField
              label="Destination"
              description="An empty or new folder; an unfinished share in it is continued"
              value={dir}
              onChange={setDir}
            />
            <Button
              mt={10}
              size="sm"
              variant={variant}
              loading={start.busy}
              disabled={
                data.ready === 0 ||
                dir.trim() === '' ||
                formats.length === 0 ||
                (batch !== undefined && !batch.finished)
              }
              onClick={() =>
                void start
                  .run({ dir: dir.trim(), formats, overrides })
                  .then((answer) => answer && setStarted(answer))
              }
            >
              {data.ready === 0 ? 'No scan is ready' : `Share ${plural(data.ready, 'scan')}`}
            </Button>
            {dir.trim() === '' && data.ready > 0 && <div className="rf-dim">Choose a destination first.</div>}
            {formats.length === 0 && <div className="rf-dim">Choose at least one format.</div>}
            {start.error && <ErrorPanel error={start.error} what="The share did not start." />}
            {batch && <BatchPanel batch={batch} />}
            {started && batch?.finished && (
              <Button mt={8} size="sm" onClick={() => go('share', { receipt: started.shareId })}>
                Read the receipt
              </Button>
            )}
          </section>
          <HeldScans held={data.held} overrides={overrides} onOverrides={setOverrides} />
        </div>
      )}
    </Loaded>
  );
}

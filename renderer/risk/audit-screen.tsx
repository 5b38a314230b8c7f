import { Button, SegmentedControl } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { AuditReport } from '../../shared/risk/records.ts';
import { useCall } from '../calls.ts';
import { type CallOutput, client, type ReplyError, toReplyError } from '../client.ts';
import { formatRoute, setParams, useRoute } from '../route.ts';
import { downloadText } from '../ui/download.ts';
import { Empty, ErrorPanel, Loaded } from '../ui/feedback.tsx';
import type { Shortcut } from '../ui/find-shortcut.ts';
import { useShortcuts } from '../ui/shortcuts.tsx';
import { AuditLead } from './audit-lead.tsx';
import { MethodView } from './method-view.tsx';
import { ScansView } from './scans-view.tsx';
import { StartAudit } from './start-audit.tsx';
import './risk.css';

const VIEWS = [
  { value: 'methods', label: 'Methods' },
  { value: 'scans', label: 'Scans' },
] as const;
const chooseView = (view: string) => setParams({ view: view === 'methods' ? undefined : view });

/** Can this face still be recognised? One sentence, then all methods beside each other, then scan by scan. */
export function AuditScreen() {
  const state = useCall('risk.state', {});
  const report = useCall('risk.report', {});
  return (
    <Loaded call={state} what="the state of the audit">
      {(now) => (
        <Loaded call={report} what="the audit">
          {(found) =>
            now.scans === 0 && found === null ? (
              <NothingYet />
            ) : found === null ? (
              <Unaudited state={now} />
            ) : (
              <Audited report={found} state={now} />
            )
          }
        </Loaded>
      )}
    </Loaded>
  );
}

function NothingYet() {
  return (
    <Empty title="No scan has been de-identified yet.">
      <span>The audit tries to recognise de-identified heads; it needs some to look at.</span>
      <Button component="a" variant="default" href={formatRoute('deidentify')}>
        Open De-identify
      </Button>
    </Empty>
  );
}

function Unaudited({ state }: { state: CallOutput<'risk.state'> }) {
  return (
    <div className="rf-columns" style={{ gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <section className="rf-panel">
        <p className="rf-sentence">
          Whether the faces of this project can still be recognised has not been looked at yet.
        </p>
        {!state.available && (
          <p className="rf-note" data-level="warning">
            The face networks are not in this build: recognition cannot be measured here. The audit measures
            how far the new faces lie from the true ones, and says “cannot tell” about recognition.
          </p>
        )}
        <ol style={{ margin: '0.5rem 0 0', paddingLeft: '1.2rem', maxWidth: '62rem' }}>
          <li>
            The audit pictures every original and every de-identified head, and lets two open face networks
            look for each person among all originals of the project.
          </li>
          <li>
            It measures how far the new face lies from the true one, beside the face of an average head.
          </li>
          <li>
            It says for each scan: safe, at risk, or cannot tell. A scan at risk cannot pass without a person
            who accepts it. Nothing leaves this machine.
          </li>
        </ol>
      </section>
      <StartAudit state={state} />
    </div>
  );
}

function Audited({ report, state }: { report: AuditReport; state: CallOutput<'risk.state'> }) {
  const { params } = useRoute();
  const view = VIEWS.find((item) => item.value === params.view)?.value ?? 'methods';
  const [error, setError] = useState<ReplyError>();
  const shortcuts = useMemo<readonly Shortcut[]>(
    () =>
      VIEWS.map((item, n) => ({
        keys: String(n + 1),
        does: `Show: ${item.label.toLowerCase()}`,
        run: () => chooseView(item.value),
      })),
    [],
  );
  useShortcuts('Audit', shortcuts);
  const exportTsv = async (what: 'methods' | 'scans') => {
    setError(undefined);
    try {
      const file = await client()['risk.export']({ what });
      downloadText(file.fileName, file.text, 'text/tab-separated-values');
    } catch (reason) {
      setError(toReplyError(reason));
    }
  };
  const methods = report.methods.map((item) => item.method);
  return (
    <div className="rf-columns rf-audit" data-view={view}>
      <AuditLead report={report} state={state} />
      <StartAudit state={state} />
      {error && <ErrorPanel error={error} what="The file was not written." />}
      {/* Outside of both views, so that the switch keeps the focus when the arrow keys change the view. */}
      <SegmentedControl
        aria-label="Show"
        style={{ justifySelf: 'start', marginBottom: '-0.375rem' }}
        value={view}
        onChange={chooseView}
        data={[...VIEWS]}
      />
      {view === 'methods' ? (
        <MethodView report={report} onExport={() => void exportTsv('methods')} />
      ) : (
        <ScansView methods={methods} onExport={() => void exportTsv('scans')} />
      )}
    </div>
  );
}

import { Button, SegmentedControl, Select } from '@mantine/core';
import { useMemo, useState } from 'react';
import { ENGINES, type EngineId } from '../../shared/morphometry/records.ts';
import { useAction, useCall } from '../calls.ts';
import { client, type ReplyError, toReplyError } from '../client.ts';
import { useRunning } from '../events.ts';
import { useMainVariant } from '../project/use-project.ts';
import { setParams, useRoute } from '../route.ts';
import { downloadText } from '../ui/download.ts';
import { ErrorPanel, Loaded } from '../ui/feedback.tsx';
import type { Shortcut } from '../ui/find-shortcut.ts';
import { useShortcuts } from '../ui/shortcuts.tsx';
import { EngineFailures } from './engine-failures.tsx';
import { ENGINE_NAMES, STAND_INS } from './engine-names.ts';
import { EngineSummary, EngineView, NoModel } from './engine-view.tsx';
import { SideBySideView } from './side-by-side-view.tsx';

type View = EngineId | 'both';
const VIEWS: readonly { value: View; label: string }[] = [
  ...ENGINES.map((engine) => ({ value: engine, label: ENGINE_NAMES[engine].short })),
  { value: 'both', label: 'Side by side' },
];
const chooseView = (view: View) => setParams({ view: view === 'tissue-em' ? undefined : view });

/** What did it cost? One sentence, then the table, then the plots, by either engine or by both; each point opens its scan. */
export function ImpactScreen() {
  const { params } = useRoute();
  const method = params.method ?? '';
  const view = VIEWS.find((item) => item.value === params.view)?.value ?? 'tissue-em';
  const shortcuts = useMemo<readonly Shortcut[]>(
    () =>
      VIEWS.map((item, n) => ({
        keys: String(n + 1),
        does: `Show: ${item.label.toLowerCase()}`,
        run: () => chooseView(item.value),
      })),
    [],
  );
  useShortcuts('Impact', shortcuts);
  const states = useCall('morphometry.engines', { method }).data ?? [];
  const exportable = states
    .filter((state) => (view === 'both' || view === state.engine) && state.measuredAfter > 0)
    .map((state) => state.engine);
  return (
    <div className="rf-columns" style={{ gridTemplateColumns: 'minmax(0, 1fr)' }}>
      {/* Outside of both views, so that the switch keeps the focus when the arrow keys change the view. */}
      <Controls view={view} method={method} engines={exportable} />
      {view === 'both' ? <BothEngines method={method} /> : <OneEngine engine={view} method={method} />}
    </div>
  );
}

function OneEngine({ engine, method }: { engine: EngineId; method: string }) {
  const comparison = useCall('morphometry.comparison', { engine, method });
  const state = useCall('morphometry.engines', { method }).data?.find((item) => item.engine === engine);
  return (
    <Loaded call={comparison} what="the comparison">
      {(data) => (
        <>
          <section className="rf-panel">
            <p className="rf-sentence">
              {data.scans > 0 ? data.sentence : 'No scan has been measured before and after yet.'}
            </p>
            {state && <EngineSummary state={state} />}
          </section>
          <EngineView data={data} state={state} />
        </>
      )}
    </Loaded>
  );
}

function BothEngines({ method }: { method: string }) {
  const both = useCall('morphometry.sideBySide', { method });
  const states = useCall('morphometry.engines', { method }).data;
  const hasModel = states?.every((state) => state.available) ?? true;
  return (
    <Loaded call={both} what="the two engines">
      {(data) => (
        <>
          <section className="rf-panel">
            <p className="rf-sentence">{data.sentence}</p>
            {states?.map((state) => (
              <EngineFailures key={state.engine} state={state} />
            ))}
            <p className="rf-dim" style={{ margin: '0.375rem 0 0' }}>
              {ENGINES.map((engine) => ENGINE_NAMES[engine].what).join(' ')} {STAND_INS}
            </p>
          </section>
          {!hasModel && data.both.scans === 0 ? <NoModel /> : <SideBySideView data={data} />}
        </>
      )}
    </Loaded>
  );
}

/** Which engine, which method, measure, export. @param engines those with something to export */
function Controls({ view, method, engines }: { view: View; method: string; engines: readonly EngineId[] }) {
  const methods = useCall('morphometry.methods', {});
  const start = useAction('morphometry.start');
  const running = useRunning('measure').length > 0;
  const variant = useMainVariant('impact');
  const [error, setError] = useState<ReplyError>();
  const exportTsv = async () => {
    setError(undefined);
    try {
      for (const engine of engines) {
        const file = await client()['morphometry.export']({ engine, method });
        downloadText(file.fileName, file.text, 'text/tab-separated-values');
      }
    } catch (reason) {
      setError(toReplyError(reason));
    }
  };
  const failed = start.error ?? error;
  return (
    <>
      <div className="rf-row rf-panel" style={{ alignItems: 'flex-end' }}>
        <SegmentedControl
          aria-label="Engine"
          value={view}
          onChange={(value) => chooseView(value as View)}
          data={[...VIEWS]}
        />
        <Select
          label="Method"
          w={200}
          allowDeselect={false}
          data={[
            { value: '', label: 'Most used method' },
            ...(methods.data ?? []).map((name) => ({ value: name, label: name })),
          ]}
          value={method}
          onChange={(value) => setParams({ method: value ?? undefined })}
        />
        <Button variant={variant} loading={start.busy} disabled={running} onClick={() => void start.run({})}>
          {running ? 'Measuring…' : 'Measure what is missing'}
        </Button>
        <Button variant="default" disabled={engines.length === 0} onClick={() => void exportTsv()}>
          Export TSV
        </Button>
      </div>
      {failed && <ErrorPanel error={failed} />}
    </>
  );
}

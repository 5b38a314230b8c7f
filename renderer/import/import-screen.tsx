import { Tabs } from '@mantine/core';
import { useCall } from '../calls.ts';
import { useRunning } from '../events.ts';
import { useProject } from '../project/use-project.ts';
import { setParams, useRoute } from '../route.ts';
import { Loaded } from '../ui/feedback.tsx';
import { formatCount } from '../ui/format.ts';
import { BatchPanel } from '../ui/progress.tsx';
import { DropZone } from './drop-zone.tsx';
import { ImportReport } from './import-report.tsx';
import { ProblemTable } from './problem-table.tsx';
import { Quarantine } from './quarantine.tsx';

/** Folders in; what was found, what is odd, and what was set aside and why. */
export function ImportScreen() {
  const report = useCall('import.report', {});
  const project = useProject().data;
  const running = useRunning('import');
  const tab = useRoute().params.tab ?? 'overview';
  const fresh = report.data === null && running.length === 0;
  if (fresh) return <DropZone first />;
  return (
    <Tabs
      value={tab}
      onChange={(value) => setParams({ tab: value ?? undefined })}
      keepMounted={false}
      className="rf-fill"
      style={{ display: 'flex', flexDirection: 'column' }}
    >
      <Tabs.List>
        <Tabs.Tab value="overview">Import</Tabs.Tab>
        <Tabs.Tab value="problems">Problems {project ? formatCount(project.problems) : ''}</Tabs.Tab>
        <Tabs.Tab value="quarantine">
          Quarantine {report.data ? formatCount(report.data.quarantined) : ''}
        </Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="overview">
        <div className="rf-columns">
          {running.map((batch) => (
            <BatchPanel key={batch.batchId} batch={batch} />
          ))}
          <Loaded call={report} what="the newest import">
            {(data) => (data ? <ImportReport report={data} /> : null)}
          </Loaded>
          <DropZone />
        </div>
      </Tabs.Panel>
      <Tabs.Panel value="problems" style={{ flex: 1, minHeight: 0 }}>
        <ProblemTable />
      </Tabs.Panel>
      <Tabs.Panel
        value="quarantine"
        style={{ flex: 1, minHeight: 0, display: 'flex', flexDirection: 'column' }}
      >
        <Quarantine />
      </Tabs.Panel>
    </Tabs>
  );
}

import { Button } from '@mantine/core';
import { useState } from 'react';
import { useAction, useCall } from '../calls.ts';
import { ModelsPanel } from '../models/models-panel.tsx';
import { go } from '../route.ts';
import { ErrorPanel, Loaded } from '../ui/feedback.tsx';
import { FolderField } from '../ui/folder-field.tsx';
import { formatTime } from '../ui/format.ts';
import { Doctor } from './doctor.tsx';

/** No project open: create one, open one, or take up a recent one. */
export function Welcome({ onOpened }: { onOpened?: () => void }) {
  const [dir, setDir] = useState('');
  const recent = useCall('project.recent', {});
  const open = useAction('project.open');
  const start = async (folder: string, create: boolean) => {
    const summary = await open.run({ dir: folder, create });
    if (!summary) return;
    onOpened?.();
    go(summary.series === 0 ? 'import' : 'project');
  };
  return (
    <div
      className="rf-columns"
      style={{
        gridTemplateColumns: 'repeat(auto-fit, minmax(24rem, 1fr))',
        maxWidth: '72rem',
        margin: '0 auto',
      }}
    >
      <section className="rf-panel">
        <h2>Open or create a project</h2>
        <p className="rf-dim" style={{ marginTop: 0 }}>
          A project is a folder of its own for the catalog, the de-identified scans and the key behind the
          pseudonyms. Scans are imported from wherever they lie; they are only read.
        </p>
        <FolderField
          label="Project folder"
          description="An existing project, or an empty or new folder"
          value={dir}
          onChange={setDir}
        />
        <div className="rf-row" style={{ marginTop: '0.625rem' }}>
          <Button
            disabled={dir.trim() === ''}
            loading={open.busy}
            onClick={() => void start(dir.trim(), true)}
          >
            Create project here
          </Button>
          <Button
            variant="default"
            disabled={dir.trim() === ''}
            loading={open.busy}
            onClick={() => void start(dir.trim(), false)}
          >
            Open existing project
          </Button>
        </div>
        {open.error && <ErrorPanel error={open.error} what="The project was not opened." />}
      </section>
      <section className="rf-panel">
        <h2>Recent projects</h2>
        <Loaded call={recent} what="recent projects">
          {(rows) =>
            rows.length === 0 ? (
              <p className="rf-dim">None yet. Projects opened on this computer will be listed here.</p>
            ) : (
              <ul className="rf-list">
                {rows.map((row) => (
                  <li
                    key={row.dir}
                    className="rf-row"
                    style={{ justifyContent: 'space-between', padding: '0.375rem 0', flexWrap: 'nowrap' }}
                  >
                    <div style={{ minWidth: 0 }}>
                      <strong>{row.name}</strong>
                      <div className="rf-path rf-dim">{row.dir}</div>
                      <div className="rf-dim">
                        {row.exists
                          ? `opened ${formatTime(row.openedAt)}`
                          : 'this folder is not there any more'}
                      </div>
                    </div>
                    <Button
                      variant="default"
                      disabled={!row.exists || open.busy}
                      aria-label={`Open ${row.name}`}
                      onClick={() => void start(row.dir, false)}
                    >
                      Open
                    </Button>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </section>
      <section className="rf-panel">
        <Doctor />
      </section>
      <section className="rf-panel">
        <ModelsPanel />
      </section>
    </div>
  );
}

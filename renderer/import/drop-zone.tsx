import { Button, TextInput } from '@mantine/core';
import { IconFolderPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useAction } from '../calls.ts';
import { native } from '../native.ts';
import { useMainVariant } from '../project/use-project.ts';
import { go } from '../route.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { FolderDialog } from '../ui/folder-dialog.tsx';
import { pickFolder } from '../ui/folder-field.tsx';

/**
 * Where an import begins: drop, choose or type a folder.
 *
 * Drops are taken by the window itself (drop-anywhere.tsx); this only shows where.
 */
export function DropZone({ first = false }: { first?: boolean }) {
  const [path, setPath] = useState('');
  const [browsing, setBrowsing] = useState(false);
  const start = useAction('import.start', ['import', 'project']);
  const variant = useMainVariant('import');
  const begin = async (dir: string) => {
    setBrowsing(false);
    if (await start.run({ sources: [dir] })) {
      setPath('');
      go('import');
    }
  };
  return (
    <section className="rf-big-drop" aria-label="Start an import">
      <IconFolderPlus size="2.25rem" stroke={1.4} aria-hidden color="var(--rf-accent)" />
      <h2 className="rf-h2" style={{ margin: 0, fontSize: '1.0625rem' }}>
        {first ? 'Start with a folder of head scans' : 'Import another folder'}
      </h2>
      <p className="rf-dim" style={{ margin: 0, maxWidth: '38rem' }}>
        {native()
          ? 'Drop a folder anywhere in this window, or choose one.'
          : 'Choose a folder on this computer.'}{' '}
        DICOM and NIfTI are found by content, in every folder below. The originals are only read. Importing
        the same folder again adds nothing twice.
      </p>
      <div className="rf-row" style={{ justifyContent: 'center' }}>
        <Button
          size="sm"
          variant={first ? 'filled' : variant}
          loading={start.busy}
          onClick={() =>
            void pickFolder(() => setBrowsing(true)).then((dir) => (dir ? begin(dir) : undefined))
          }
        >
          Choose folder
        </Button>
      </div>
      <form
        className="rf-row"
        style={{ width: 'min(36rem, 100%)', flexWrap: 'nowrap' }}
        onSubmit={(event) => {
          event.preventDefault();
          if (path.trim()) void begin(path.trim());
        }}
      >
        <TextInput
          aria-label="Path of the folder"
          placeholder="or type its path"
          style={{ flex: 1 }}
          spellCheck={false}
          value={path}
          onChange={(event) => setPath(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={path.trim() === ''} loading={start.busy}>
          Import this path
        </Button>
      </form>
      {start.error && <ErrorPanel error={start.error} what="The import did not start." />}
      <FolderDialog
        opened={browsing}
        title="Choose a folder to import"
        onClose={() => setBrowsing(false)}
        onPick={(dir) => void begin(dir)}
      />
    </section>
  );
}

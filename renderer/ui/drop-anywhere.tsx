import { useEffect, useState } from 'react';
import { client, type ReplyError, toReplyError } from '../client.ts';
import { announce } from '../events.ts';
import { native } from '../native.ts';
import { go } from '../route.ts';
import { Dialog } from './dialog.tsx';
import { ErrorPanel } from './feedback.tsx';

/** Paths of what was dropped; empty in a browser tab, which never learns where a file lies. */
export function droppedPaths(transfer: DataTransfer): string[] {
  const abilities = native();
  if (!abilities) return [];
  return [...transfer.files].map((file) => abilities.pathOf(file)).filter((path) => path !== '');
}

/** Starts an import and shows its screen. */
export async function startImport(sources: string[]): Promise<void> {
  await client()['import.start']({ sources });
  announce('import', 'project');
  go('import');
}

/** Dropping a folder works on every screen; it always means "import this". */
export function DropAnywhere({ projectOpen }: { projectOpen: boolean }) {
  const [over, setOver] = useState(false);
  const [note, setNote] = useState<string>();
  const [error, setError] = useState<ReplyError>();
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      setOver(false);
      const sources = droppedPaths(event.dataTransfer);
      if (!projectOpen) setNote('Open or create a project first; then drop the folder again.');
      else if (sources.length === 0)
        setNote(
          'A browser tab is not told where a dropped folder lies. Use "Choose folder" on the Import screen, or the desktop window.',
        );
      else startImport(sources).catch((reason) => setError(toReplyError(reason)));
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragover', enter);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragover', enter);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, [projectOpen]);
  return (
    <>
      {over && <div className="rf-dropveil">Drop to import. The originals are only read.</div>}
      <Dialog
        opened={note !== undefined || error !== undefined}
        onClose={() => {
          setNote(undefined);
          setError(undefined);
        }}
        title="Import"
      >
        {error ? <ErrorPanel error={error} what="The import did not start." /> : note}
      </Dialog>
    </>
  );
}

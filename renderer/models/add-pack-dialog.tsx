import { Button } from '@mantine/core';
import { useState } from 'react';
import { useAction } from '../calls.ts';
import type { CallOutput } from '../client.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Busy, ErrorPanel } from '../ui/feedback.tsx';
import { FolderField } from '../ui/folder-field.tsx';
import { plural } from '../ui/format.ts';
import { MODEL_AREAS } from './model-areas.ts';
import { ModelCardView } from './model-card-view.tsx';

/** A folder is looked at first; only what its card describes can be added. */
export function AddPackDialog({ onClose }: { onClose: () => void }) {
  const [folder, setFolder] = useState('');
  const [seen, setSeen] = useState<CallOutput<'models.inspectPack'> & { folder: string }>();
  const inspect = useAction('models.inspectPack', []);
  const add = useAction('models.addPack', MODEL_AREAS);
  const chosen = folder.trim();
  // A verdict about one folder says nothing about the next one typed.
  const verdict = seen?.folder === chosen ? seen : undefined;
  const fine = verdict?.model && verdict.problems.length === 0 ? verdict.model : undefined;
  const look = async () => {
    const answer = await inspect.run({ folder: chosen });
    setSeen(answer && { ...answer, folder: chosen });
  };
  return (
    <Dialog opened onClose={onClose} title="Add a model pack" size="lg">
      <form
        className="rf-columns"
        onSubmit={(event) => {
          event.preventDefault();
          if (chosen !== '') void look();
        }}
      >
        <FolderField
          label="Folder of the pack"
          description="The folder that holds card.json and the network. It is read, checked and copied; nothing is fetched from a network."
          value={folder}
          onChange={setFolder}
        />
        <div>
          <Button
            type="submit"
            variant={fine ? 'default' : 'filled'}
            disabled={chosen === ''}
            loading={inspect.busy}
          >
            Check this folder
          </Button>
        </div>
      </form>
      <div className="rf-columns" style={{ marginTop: '0.75rem' }}>
        {inspect.busy && <Busy what="Checking card, checksum and network…" />}
        {inspect.error && <ErrorPanel error={inspect.error} what="The folder could not be looked at." />}
        {verdict && verdict.problems.length > 0 && (
          <div className="rf-note" data-level="error" role="alert">
            <strong>
              This pack cannot be added: {plural(verdict.problems.length, 'thing')} not as expected.
            </strong>
            <ul className="rf-bullets">
              {verdict.problems.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
            <div>
              <strong>To do:</strong> choose the folder that holds card.json itself, or ask whoever made the
              pack for a complete one.
            </div>
          </div>
        )}
        {fine && (
          <div className="rf-note" role="status">
            <strong>{fine.title} can be added.</strong> Its files are what its card says. Read the card: its
            licence and limits hold for every scan made with it.
          </div>
        )}
        {verdict?.model && (
          <section className="rf-panel" aria-label={`Card of ${verdict.model.title}`}>
            <ModelCardView model={verdict.model} />
          </section>
        )}
        {add.error && <ErrorPanel error={add.error} what="The pack was not added." />}
        <div className="rf-row rf-dialog-foot">
          <Button variant="default" onClick={onClose}>
            {fine ? 'Cancel' : 'Close'}
          </Button>
          {fine && (
            <Button
              loading={add.busy}
              onClick={() => void add.run({ folder: chosen }).then((made) => made && onClose())}
            >
              Add this pack
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}

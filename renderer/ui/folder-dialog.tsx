import { Button, TextInput } from '@mantine/core';
import { IconArrowUp, IconFile, IconFolder } from '@tabler/icons-react';
import { useState } from 'react';
import { useCall } from '../calls.ts';
import { Dialog } from './dialog.tsx';
import { Loaded } from './feedback.tsx';

interface Props {
  opened: boolean;
  title: string;
  start?: string;
  onClose: () => void;
  onPick: (dir: string) => void;
}

/** Walks the folders of the machine Refacade runs on; a browser tab has no folder picker that gives paths. */
export function FolderDialog({ opened, title, start = '', onClose, onPick }: Props) {
  return (
    <Dialog opened={opened} onClose={onClose} title={title} size="lg">
      {opened && <Browser start={start} onPick={onPick} onClose={onClose} />}
    </Dialog>
  );
}

function Browser({
  start,
  onPick,
  onClose,
}: {
  start: string;
  onPick: (dir: string) => void;
  onClose: () => void;
}) {
  const [dir, setDir] = useState(start);
  const [typed, setTyped] = useState<string>();
  const call = useCall('project.browse', { dir });
  const enter = (next: string) => {
    setDir(next);
    setTyped(undefined);
  };
  return (
    <Loaded call={call} what="the folder">
      {(answer) => (
        <div className="rf-fill" style={{ height: 'min(60vh, 32rem)' }}>
          <form
            className="rf-row"
            style={{ flexWrap: 'nowrap' }}
            onSubmit={(event) => {
              event.preventDefault();
              enter(typed ?? answer.dir);
            }}
          >
            <Button
              variant="default"
              leftSection={<IconArrowUp size={14} aria-hidden />}
              disabled={answer.parent === null}
              onClick={() => answer.parent !== null && enter(answer.parent)}
            >
              Up
            </Button>
            <TextInput
              aria-label="Folder"
              style={{ flex: 1 }}
              value={typed ?? answer.dir}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
            <Button type="submit" variant="default">
              Go
            </Button>
          </form>
          <ul
            className="rf-list rf-table-scroll"
            style={{ flex: 1 }}
            aria-label={`Contents of ${answer.dir}`}
            tabIndex={0}
          >
            {answer.entries.length === 0 && <li className="rf-empty">This folder is empty.</li>}
            {answer.entries.map((entry) => (
              <li key={entry.path}>
                {entry.directory ? (
                  <Button
                    variant="subtle"
                    color="gray"
                    c="var(--rf-text)"
                    fullWidth
                    justify="flex-start"
                    leftSection={<IconFolder size={15} aria-hidden />}
                    onClick={() => enter(entry.path)}
                  >
                    {entry.name}
                  </Button>
                ) : (
                  <span className="rf-row rf-dim" style={{ padding: '0.25rem 0.875rem' }}>
                    <IconFile size={15} aria-hidden /> {entry.name}
                  </span>
                )}
              </li>
            ))}
          </ul>
          <div className="rf-row" style={{ justifyContent: 'flex-end' }}>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button onClick={() => onPick(answer.dir)}>Choose this folder</Button>
          </div>
        </div>
      )}
    </Loaded>
  );
}

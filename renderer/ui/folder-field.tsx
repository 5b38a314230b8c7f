import { Button, TextInput } from '@mantine/core';
import { IconFolderOpen } from '@tabler/icons-react';
import { useState } from 'react';
import { native } from '../native.ts';
import { FolderDialog } from './folder-dialog.tsx';

interface Props {
  label: string;
  description?: string;
  value: string;
  onChange: (dir: string) => void;
}

/** A path that can be typed, or chosen: with the system's picker in the window, with our own in a browser tab. */
export function FolderField({ label, description, value, onChange }: Props) {
  const [browsing, setBrowsing] = useState(false);
  return (
    <div className="rf-row" style={{ alignItems: 'flex-end', flexWrap: 'nowrap' }}>
      <TextInput
        label={label}
        description={description}
        style={{ flex: 1 }}
        value={value}
        spellCheck={false}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <Button
        variant="default"
        leftSection={<IconFolderOpen size={15} aria-hidden />}
        onClick={() => void pickFolder(() => setBrowsing(true)).then((dir) => dir && onChange(dir))}
      >
        Browse
      </Button>
      <FolderDialog
        opened={browsing}
        title={label}
        start={value}
        onClose={() => setBrowsing(false)}
        onPick={(dir) => {
          setBrowsing(false);
          onChange(dir);
        }}
      />
    </div>
  );
}

/** Asks the system for a folder; in a browser tab opens our own dialog instead and resolves to null. */
export async function pickFolder(openDialog: () => void): Promise<string | null> {
  const abilities = native();
  if (abilities) return abilities.pickFolder();
  openDialog();
  return null;
}

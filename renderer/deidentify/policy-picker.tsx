import { ActionIcon, Button, Menu, Select } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import type { Policy } from '../../shared/deidentify/records.ts';
import { useAction } from '../calls.ts';
import { client, type ReplyError, toReplyError } from '../client.ts';
import { announce } from '../events.ts';
import { downloadText } from '../ui/download.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { Term } from '../ui/term.tsx';
import { describePolicy } from './describe-policy.ts';
import { PolicyEditor } from './policy-editor.tsx';

type StoredPolicy = Policy & { builtIn: boolean };

/** Which recipe: chosen by name, read in plain words, edited in a dialog, carried as one file. */
export function PolicyPicker({
  policies,
  policy,
  onChoose,
}: {
  policies: StoredPolicy[];
  policy: StoredPolicy;
  onChoose: (name: string) => void;
}) {
  const [editing, setEditing] = useState(false);
  const [error, setError] = useState<ReplyError>();
  const remove = useAction('deidentify.deletePolicy', ['deidentify']);
  const file = useRef<HTMLInputElement>(null);
  const attempt = async (work: () => Promise<void>) => {
    setError(undefined);
    try {
      await work();
    } catch (reason) {
      setError(toReplyError(reason));
    }
  };
  const exportFile = () =>
    attempt(async () => {
      const { text } = await client()['deidentify.exportPolicy']({ name: policy.name });
      downloadText(`${policy.name.replace(/[^\w.-]+/g, '-')}.policy.json`, text, 'application/json');
    });
  const importFile = (chosen: File | undefined) =>
    attempt(async () => {
      if (!chosen) return;
      const made = await client()['deidentify.importPolicy']({ text: await chosen.text() });
      announce('deidentify');
      onChoose(made.name);
    });
  return (
    <section className="rf-panel">
      <div className="rf-row" style={{ alignItems: 'flex-end', flexWrap: 'nowrap' }}>
        <Select
          label={<Term name="policy">Policy</Term>}
          style={{ flex: 1 }}
          allowDeselect={false}
          value={policy.name}
          data={policies.map((item) => ({
            value: item.name,
            label: item.builtIn ? `${item.name} (built in)` : item.name,
          }))}
          onChange={(name) => name && onChoose(name)}
        />
        <Button variant="default" onClick={() => setEditing(true)}>
          Edit
        </Button>
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon variant="default" size={30} aria-label="More about policies">
              <IconDots size={16} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => file.current?.click()}>Import from file…</Menu.Item>
            <Menu.Item onClick={() => void exportFile()}>Export to file…</Menu.Item>
            <Menu.Item disabled={policy.builtIn} onClick={() => void remove.run({ name: policy.name })}>
              {policy.builtIn ? 'Delete (built-in policies stay)' : 'Delete'}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
        <input
          ref={file}
          type="file"
          accept=".json,application/json"
          hidden
          aria-label="Policy file"
          onChange={(event) => {
            void importFile(event.currentTarget.files?.[0]);
            event.currentTarget.value = '';
          }}
        />
      </div>
      {(error ?? remove.error) && (
        <ErrorPanel error={(error ?? remove.error) as ReplyError} what="The policy file was not accepted." />
      )}
      {policy.description && <p style={{ margin: '0.375rem 0' }}>{policy.description}</p>}
      <ul className="rf-dim" style={{ margin: 0, paddingLeft: '1.1rem' }}>
        {describePolicy(policy).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {editing && (
        <PolicyEditor
          policy={policy}
          builtIn={policy.builtIn}
          onClose={() => setEditing(false)}
          onSaved={(name) => {
            setEditing(false);
            onChoose(name);
          }}
        />
      )}
    </section>
  );
}

import { Button, PasswordInput, Table, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAction, useCall } from '../calls.ts';
import type { CallOutput } from '../client.ts';
import { ErrorPanel, Loaded } from '../ui/feedback.tsx';
import { plural } from '../ui/format.ts';
import { Term } from '../ui/term.tsx';

const CONFIRM = 'cut all ties';
const MEANING = {
  open: 'The key lies in the project folder, readable to anyone who can read that folder.',
  encrypted:
    'The key is encrypted with a passphrase. The catalog in the project folder still names the subjects: protect that folder.',
  cut: 'Destroyed. No pseudonym of this project can be traced back by anyone.',
} as const;

/** Who is behind a pseudonym: kept, locked, or cut for good. Never part of a share. */
export function CrosswalkTab() {
  const call = useCall('deidentify.crosswalk', {});
  const [left, setLeft] = useState<readonly string[]>([]);
  return (
    <Loaded call={call} what="the crosswalk">
      {({ state, subjects }) => (
        <div className="rf-columns" style={{ maxWidth: '46rem' }}>
          <div className="rf-note">
            <strong>
              <Term name="crosswalk">Crosswalk</Term>: {state}
            </strong>
            <div>
              {MEANING[state]} It covers {plural(subjects, 'subject')} and is never inside a share.
            </div>
          </div>
          {state === 'open' && <Encrypt />}
          {state === 'encrypted' && <Unlock />}
          {state !== 'cut' && <Cut onCut={setLeft} />}
          {left.length > 0 && <StillIdentifying files={left} />}
        </div>
      )}
    </Loaded>
  );
}

function Encrypt() {
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const encrypt = useAction('deidentify.encryptCrosswalk', ['deidentify']);
  const ready = passphrase.length >= 8 && passphrase === again;
  return (
    <form
      className="rf-panel"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void encrypt.run({ passphrase });
      }}
    >
      <h2>Encrypt under a passphrase</h2>
      <PasswordInput
        label="Passphrase, at least 8 characters"
        autoComplete="new-password"
        value={passphrase}
        onChange={(event) => setPassphrase(event.currentTarget.value)}
      />
      <PasswordInput
        label="The same again"
        autoComplete="new-password"
        value={again}
        error={again !== '' && again !== passphrase ? 'The two differ' : undefined}
        onChange={(event) => setAgain(event.currentTarget.value)}
      />
      <p className="rf-dim">A lost passphrase cannot be recovered.</p>
      <Button type="submit" variant="default" disabled={!ready} loading={encrypt.busy}>
        Encrypt
      </Button>
      {encrypt.error && <ErrorPanel error={encrypt.error} />}
    </form>
  );
}

function Unlock() {
  const [passphrase, setPassphrase] = useState('');
  const [rows, setRows] = useState<CallOutput<'deidentify.unlockCrosswalk'>['rows']>();
  const unlock = useAction('deidentify.unlockCrosswalk', []);
  return (
    <form
      className="rf-panel"
      onSubmit={(event) => {
        event.preventDefault();
        void unlock.run({ passphrase }).then((answer) => {
          setPassphrase('');
          setRows(answer?.rows);
        });
      }}
    >
      <h2>Look up subjects</h2>
      <div className="rf-row" style={{ alignItems: 'flex-end' }}>
        <PasswordInput
          label="Passphrase"
          w={260}
          autoComplete="off"
          value={passphrase}
          onChange={(event) => setPassphrase(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={passphrase === ''} loading={unlock.busy}>
          Unlock for this view
        </Button>
        {rows && (
          <Button variant="default" onClick={() => setRows(undefined)}>
            Hide
          </Button>
        )}
      </div>
      {unlock.error && <ErrorPanel error={unlock.error} />}
      {rows && (
        <div className="rf-table-scroll" style={{ maxHeight: '18rem', marginTop: 8 }}>
          <Table aria-label="Crosswalk">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Pseudonym</Table.Th>
                <Table.Th>ID in the source</Table.Th>
                <Table.Th>Name in the source</Table.Th>
                <Table.Th ta="right">Dates shifted by, days</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row) => (
                <Table.Tr key={row.subjectLabel}>
                  <Table.Td>{row.subjectLabel}</Table.Td>
                  <Table.Td>{row.patientId}</Table.Td>
                  <Table.Td>{row.patientName}</Table.Td>
                  <Table.Td ta="right">{row.shiftDays}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </form>
  );
}

/** What cutting could not reach: files that people or other programs put into the project. */
function StillIdentifying({ files }: { readonly files: readonly string[] }) {
  return (
    <div className="rf-note" data-level="warning" role="alert">
      <strong>
        {plural(files.length, 'file')} of the project may still name a subject or a source folder
      </strong>
      <div>Look at each and delete what should not stay. Nothing was done to them.</div>
      <ul className="rf-table-scroll" style={{ maxHeight: '12rem', marginBottom: 0 }}>
        {files.map((file) => (
          <li key={file}>{file}</li>
        ))}
      </ul>
    </div>
  );
}

function Cut({ onCut }: { readonly onCut: (filesStillIdentifying: readonly string[]) => void }) {
  const [typed, setTyped] = useState('');
  const cut = useAction('deidentify.cutAllTies');
  return (
    <form
      className="rf-panel"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed === CONFIRM)
          void cut.run({ confirm: CONFIRM }).then((answer) => onCut(answer?.filesStillIdentifying ?? []));
      }}
    >
      <h2>Cut all ties</h2>
      <p style={{ marginTop: 0 }}>
        Destroys the key and the crosswalk. A subject who withdraws later cannot be found any more, and scans
        imported later get other pseudonyms. This cannot be undone.
      </p>
      <div className="rf-row" style={{ alignItems: 'flex-end' }}>
        <TextInput
          label={`Type “${CONFIRM}” to confirm`}
          w={260}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button type="submit" color="red.8" variant="filled" disabled={typed !== CONFIRM} loading={cut.busy}>
          Cut all ties
        </Button>
      </div>
      {cut.error && <ErrorPanel error={cut.error} />}
    </form>
  );
}

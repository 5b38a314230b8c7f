import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  KeysCutError,
  KeysDamagedError,
  KeysLockedError,
  KeysMissingError,
  openKeys,
  pseudonymsFromPortable,
  WrongPassphraseError,
} from './keys.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'refacade-keys-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const rows = [
  {
    subjectLabel: 'sub-AAAAAAAA',
    patientId: 'PX-449173-K',
    patientName: 'Quillfeather^Zenobia',
    shiftDays: -77,
  },
];

/** Every byte under a folder as one text. */
function bytesOf(folder: string): string {
  return readdirSync(folder, { recursive: true })
    .map((f) => join(folder, String(f)))
    .filter((f) => statSync(f).isFile())
    .map((f) => readFileSync(f, 'latin1'))
    .join('\n');
}

describe('project keys', () => {
  it('are made once, readable by the owner only, and the same ever after', () => {
    const first = openKeys(dir);
    expect(first.state).toBe('open');
    const label = first.subjectLabel('x');
    expect(openKeys(dir).subjectLabel('x')).toBe(label);
    expect(statSync(join(dir, 'keys', 'secret.json')).mode & 0o077).toBe(0);
    expect(pseudonymsFromPortable(first.portable()).subjectLabel('x')).toBe(label);
  });

  it('differ between projects', () => {
    const other = mkdtempSync(join(tmpdir(), 'refacade-keys-'));
    expect(openKeys(other).subjectLabel('x')).not.toBe(openKeys(dir).subjectLabel('x'));
    rmSync(other, { recursive: true });
  });

  it('leave nothing readable on disk once encrypted, and stay usable until closing', () => {
    const keys = openKeys(dir);
    const label = keys.subjectLabel('x');
    const secret = keys.portable();
    keys.encrypt('correct horse', rows);
    expect(keys.state).toBe('encrypted');
    expect(keys.subjectLabel('x')).toBe(label);
    const disk = bytesOf(dir);
    for (const text of [secret, 'Quillfeather', 'PX-449173-K', 'correct horse'])
      expect(disk).not.toContain(text);
    expect(readdirSync(join(dir, 'keys'))).toEqual(['encrypted.json']);
    keys.lock();
    expect(() => keys.subjectLabel('x')).toThrow(KeysLockedError);
  });

  it('open again with the passphrase, and only with it', () => {
    const before = openKeys(dir);
    const label = before.subjectLabel('x');
    before.encrypt('pässword ünlocked', rows);
    const keys = openKeys(dir);
    expect(keys.unlocked).toBe(false);
    expect(() => keys.replaceUid('1.2.3')).toThrow(KeysLockedError);
    expect(() => keys.unlock('wrong')).toThrow(WrongPassphraseError);
    expect(keys.unlocked).toBe(false);
    // The same characters composed differently, as another keyboard types them.
    expect(keys.unlock('pässword ünlocked'.normalize('NFD'))).toEqual(rows);
    expect(keys.subjectLabel('x')).toBe(label);
  });

  it('notice a changed ciphertext', () => {
    openKeys(dir).encrypt('correct horse', rows);
    const path = join(dir, 'keys', 'encrypted.json');
    const file = JSON.parse(readFileSync(path, 'utf8')) as { data: string };
    const data = Buffer.from(file.data, 'base64');
    data[0] = data[0]! ^ 1;
    writeFileSync(path, JSON.stringify({ ...file, data: data.toString('base64') }));
    expect(() => openKeys(dir).unlock('correct horse')).toThrow(WrongPassphraseError);
  });

  it.each([
    ['an empty file', ''],
    ['half a file', '{"format":"refacade-key","ver'],
    ['another format', '{"format":"other","version":1,"secret":"AAAA"}'],
  ])('refuse %s instead of making a new secret', (_name, text) => {
    openKeys(dir);
    writeFileSync(join(dir, 'keys', 'secret.json'), text);
    expect(() => openKeys(dir)).toThrow(KeysDamagedError);
  });

  it('are not made anew for a project that has subjects: a folder that is gone is named, and what to do', () => {
    const label = openKeys(dir).subjectLabel('x');
    renameSync(join(dir, 'keys'), join(dir, 'lost'));
    expect(() => openKeys(dir, false)).toThrow(KeysMissingError);
    expect(() => openKeys(dir, false)).toThrow(
      expect.objectContaining({ fix: expect.stringMatching(/backup/) }),
    );
    expect(existsSync(join(dir, 'keys'))).toBe(false);
    renameSync(join(dir, 'lost'), join(dir, 'keys'));
    expect(openKeys(dir, false).subjectLabel('x')).toBe(label);
  });

  it('refuse a ciphertext that asks for all memory', () => {
    openKeys(dir).encrypt('correct horse', rows);
    const path = join(dir, 'keys', 'encrypted.json');
    const file = JSON.parse(readFileSync(path, 'utf8')) as { kdf: { N: number } };
    file.kdf.N = 2 ** 30;
    writeFileSync(path, JSON.stringify(file));
    expect(() => openKeys(dir).unlock('correct horse')).toThrow(KeysDamagedError);
  });

  it('finish an encryption that a crash interrupted before the plain file was removed', () => {
    const keys = openKeys(dir);
    const plain = readFileSync(join(dir, 'keys', 'secret.json'));
    keys.encrypt('correct horse', rows);
    writeFileSync(join(dir, 'keys', 'secret.json'), plain);
    expect(openKeys(dir).state).toBe('encrypted');
    expect(readdirSync(join(dir, 'keys'))).toEqual(['encrypted.json']);
  });

  it('are gone for good after destroying', () => {
    const keys = openKeys(dir);
    const secret = keys.portable();
    keys.destroy();
    expect(keys.state).toBe('cut');
    expect(() => keys.subjectLabel('x')).toThrow(KeysCutError);
    expect(() => openKeys(dir).unlock('x')).toThrow(KeysCutError);
    expect(bytesOf(dir)).not.toContain(secret);
  });
});

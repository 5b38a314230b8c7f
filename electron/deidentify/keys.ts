/**
 * The project's secret on disk.
 *
 * `keys/secret.json`     the secret in plain, mode 0600: state `open`
 * `keys/encrypted.json`  the secret and the crosswalk under a passphrase (scrypt, AES-256-GCM): `encrypted`
 * `keys/cut.json`        both were destroyed: `cut`
 *
 * Never inside a share, never in a log.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Pseudonyms, pseudonymsFrom } from './pseudonyms.ts';

export type KeysState = 'open' | 'encrypted' | 'cut';

export class KeysLockedError extends Error {
  override name = 'KeysLockedError';
  constructor() {
    super('The pseudonym key of this project is encrypted. Unlock it with its passphrase, then try again.');
  }
}

export class KeysCutError extends Error {
  override name = 'KeysCutError';
  constructor() {
    super(
      'All ties of this project were cut: its pseudonym key is gone. Start a new project to de-identify more scans.',
    );
  }
}

export class WrongPassphraseError extends Error {
  override name = 'WrongPassphraseError';
  constructor(options?: ErrorOptions) {
    super('The passphrase does not open the key of this project. Nothing was changed; try again.', options);
  }
}

export class KeysDamagedError extends Error {
  override name = 'KeysDamagedError';
}

/** Unlike a damaged key there is nothing to read at all: a new secret would give everybody a second pseudonym. */
export class KeysMissingError extends KeysDamagedError {
  override name = 'KeysMissingError';
  readonly fix =
    'Restore the folder “keys” of this project from a backup, then open it again. Without a backup, make a new project and import the sources there.';
  constructor() {
    super(
      'The pseudonym key of this project is gone: its catalog lists subjects, but the folder “keys” holds no key. Nothing was changed; with a new key the same people would get other pseudonyms and other dates.',
    );
  }
}

/** One line of the crosswalk: pseudonym and who it is. */
export const crosswalkRow = z.object({
  subjectLabel: z.string(),
  patientId: z.string(),
  patientName: z.string(),
  shiftDays: z.number(),
});
export type CrosswalkRow = z.infer<typeof crosswalkRow>;

/** The secret of one project and what is made from it. Every pseudonym function throws while locked or cut. */
export interface ProjectKeys extends Pseudonyms {
  readonly state: KeysState;
  /** Whether pseudonyms can be made now: open, or encrypted and unlocked. */
  readonly unlocked: boolean;
  /** The secret as text, to hand to a worker of this process; see `pseudonymsFromPortable`. */
  portable(): string;
  /** Encrypts secret and crosswalk; the plain secret leaves the disk and stays in memory until closing. */
  encrypt(passphrase: string, rows: readonly CrosswalkRow[]): void;
  /** Reads the crosswalk as it was when encrypted and makes pseudonyms available again. */
  unlock(passphrase: string): CrosswalkRow[];
  /** Forgets the secret of an encrypted project without touching the disk. */
  lock(): void;
  /** Overwrites and deletes every key file. There is no way back. */
  destroy(): void;
}

const plainFile = z.strictObject({
  format: z.literal('refacade-key'),
  version: z.literal(1),
  secret: z.string(),
});
const sealedFile = z.strictObject({
  format: z.literal('refacade-key-encrypted'),
  version: z.literal(1),
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    // Bounds keep a damaged or hostile file from asking for all memory.
    N: z
      .number()
      .int()
      .min(1024)
      .max(2 ** 20),
    r: z.number().int().min(1).max(32),
    p: z.number().int().min(1).max(16),
    salt: z.string(),
  }),
  cipher: z.literal('aes-256-gcm'),
  iv: z.string(),
  tag: z.string(),
  data: z.string(),
});
const sealedContent = z.object({ secret: z.string(), rows: z.array(crosswalkRow) });

/**
 * Opens the keys of a project folder, making a new secret on first use.
 *
 * @param mayMake false once the catalog has subjects: their pseudonyms came from a key, and one that is not there
 *   was lost
 * @throws KeysMissingError when there is no key file and none may be made
 * @throws KeysDamagedError when a key file is there but cannot be read as one
 */
export function openKeys(projectDir: string, mayMake = true): ProjectKeys {
  const dir = join(projectDir, 'keys');
  const plainPath = join(dir, 'secret.json');
  const sealedPath = join(dir, 'encrypted.json');
  const cutPath = join(dir, 'cut.json');
  let secret: Buffer | null = null;
  let made: Pseudonyms | null = null;
  let state: KeysState;

  const take = (bytes: Buffer): void => {
    secret = bytes;
    made = pseudonymsFrom(bytes);
  };
  const need = (): Pseudonyms => {
    if (made) return made;
    throw state === 'cut' ? new KeysCutError() : new KeysLockedError();
  };

  if (existsSync(cutPath)) state = 'cut';
  else if (existsSync(sealedPath)) {
    state = 'encrypted';
    // A crash between writing the ciphertext and removing the plain file leaves both; finish the removal.
    shred(plainPath);
  } else if (existsSync(plainPath)) {
    state = 'open';
    take(Buffer.from(readKeyFile(plainPath, plainFile).secret, 'base64'));
  } else {
    if (!mayMake) throw new KeysMissingError();
    state = 'open';
    take(randomBytes(32));
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    writeKeyFile(plainPath, { format: 'refacade-key', version: 1, secret: secret!.toString('base64') });
  }

  return {
    get state() {
      return state;
    },
    get unlocked() {
      return made !== null;
    },
    subjectLabel: (key) => need().subjectLabel(key),
    replaceUid: (uid) => need().replaceUid(uid),
    derivedUid: (uid, purpose) => need().derivedUid(uid, purpose),
    isOwnUid: (uid) => need().isOwnUid(uid),
    shiftDays: (key) => need().shiftDays(key),
    bidsShiftDays: (key) => need().bidsShiftDays(key),
    seed: (key, purpose) => need().seed(key, purpose),
    portable() {
      need();
      return secret!.toString('base64');
    },
    encrypt(passphrase, rows) {
      need();
      writeKeyFile(
        sealedPath,
        seal(passphrase, JSON.stringify({ secret: secret!.toString('base64'), rows })),
      );
      shred(plainPath);
      state = 'encrypted';
    },
    unlock(passphrase) {
      if (state === 'cut') throw new KeysCutError();
      if (state === 'open')
        throw new KeysDamagedError('The key of this project is not encrypted; there is nothing to unlock.');
      const content = sealedContent.parse(
        JSON.parse(unseal(passphrase, readKeyFile(sealedPath, sealedFile))),
      );
      take(Buffer.from(content.secret, 'base64'));
      return content.rows;
    },
    lock() {
      if (state !== 'encrypted') return;
      secret?.fill(0);
      secret = null;
      made = null;
    },
    destroy() {
      if (state === 'cut') return;
      // The marker comes first: after a crash half way the project must not make itself a new secret.
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      writeKeyFile(cutPath, { format: 'refacade-key-cut', version: 1 });
      for (const name of readdirSync(dir)) if (name !== 'cut.json') shred(join(dir, name));
      secret?.fill(0);
      secret = null;
      made = null;
      state = 'cut';
    },
  };
}

/** Pseudonyms in a worker, from `ProjectKeys.portable()`. */
export function pseudonymsFromPortable(text: string): Pseudonyms {
  return pseudonymsFrom(Buffer.from(text, 'base64'));
}

function seal(passphrase: string, text: string): z.infer<typeof sealedFile> {
  const kdf = { name: 'scrypt' as const, N: 2 ** 16, r: 8, p: 1, salt: randomBytes(16).toString('base64') };
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', deriveKey(passphrase, kdf), iv);
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return {
    format: 'refacade-key-encrypted',
    version: 1,
    kdf,
    cipher: 'aes-256-gcm',
    iv: iv.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    data: data.toString('base64'),
  };
}

function unseal(passphrase: string, file: z.infer<typeof sealedFile>): string {
  try {
    const decipher = createDecipheriv(
      'aes-256-gcm',
      deriveKey(passphrase, file.kdf),
      Buffer.from(file.iv, 'base64'),
    );
    decipher.setAuthTag(Buffer.from(file.tag, 'base64'));
    return Buffer.concat([decipher.update(Buffer.from(file.data, 'base64')), decipher.final()]).toString(
      'utf8',
    );
  } catch (cause) {
    throw new WrongPassphraseError({ cause });
  }
}

function deriveKey(passphrase: string, kdf: { N: number; r: number; p: number; salt: string }): Buffer {
  // Different keyboards compose é differently; one form for all.
  return scryptSync(passphrase.normalize('NFKC'), Buffer.from(kdf.salt, 'base64'), 32, {
    N: kdf.N,
    r: kdf.r,
    p: kdf.p,
    maxmem: 256 * kdf.N * kdf.r,
  });
}

function readKeyFile<T>(path: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new KeysDamagedError(
      `The key file ${path} is damaged: expected the JSON that Refacade wrote. Restore it from a backup; without it pseudonyms would change.`,
      { cause },
    );
  }
}

function writeKeyFile(path: string, content: unknown): void {
  const partial = `${path}.partial`;
  rmSync(partial, { force: true });
  const file = openSync(partial, 'wx', 0o600);
  try {
    writeSync(file, `${JSON.stringify(content, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(partial, path);
}

/** Overwrites a file with random bytes, then deletes it. What the medium keeps beneath the file system is beyond us. */
export function shred(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r+');
  try {
    writeSync(file, randomBytes(Math.max(1, fstatSync(file).size)), 0, undefined, 0);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  rmSync(path);
}

import { createHmac } from 'node:crypto';

/**
 * Everything random about a de-identified header, made in one place from one secret.
 *
 * Same secret, same input → same output, on every machine and in every run. Nothing can be computed back
 * without the secret (HMAC-SHA-256).
 */
export interface Pseudonyms {
  /** `sub-` and eight letters or digits (base 32) for one source identity. */
  subjectLabel(sourceKey: string): string;
  /** A `2.25.` UID for a source UID; UIDs of the standard and UIDs made here come back unchanged. */
  replaceUid(uid: string): string;
  /** A second, different UID for the same object: `purpose` says what was done to it. */
  derivedUid(uid: string, purpose: string): string;
  /** Whether a UID was made with this secret. */
  isOwnUid(uid: string): boolean;
  /** Days to add to DICOM dates of this subject: −30 … −3650. */
  shiftDays(sourceKey: string): number;
  /** Days to add to dates in BIDS: the same shift and 64,000 more, so that every date up to 2100 falls before 1926. */
  bidsShiftDays(sourceKey: string): number;
  /** A number 0 … 2³²−1 for choices that must be random but repeatable. */
  seed(sourceKey: string, purpose: string): number;
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** 175 years and some: 2100-12-31 minus 64,000 days is 1925-10-10. */
const bidsBaseDays = 64_000;
/** UIDs under the DICOM root are defined by the standard (SOP classes, transfer syntaxes, coding schemes). */
const standardRoot = '1.2.840.10008.';

/** @param secret at least 16 random bytes */
export function pseudonymsFrom(secret: Uint8Array): Pseudonyms {
  if (secret.byteLength < 16)
    throw new RangeError(`A project secret has 32 bytes; this one has ${secret.byteLength}.`);
  const mac = (purpose: string, text: string): Buffer =>
    createHmac('sha256', secret).update(`${purpose}\0${text}`).digest();

  /**
   * 128 bits as an RFC 9562 version 8 UUID: 60 bits from the source UID, then 64 (less the variant) that
   * authenticate them, so that a UID of ours is recognised and never replaced twice.
   */
  const uidFrom = (purpose: string, text: string): string => {
    const bytes = Buffer.alloc(16);
    mac(purpose, text).copy(bytes, 0, 0, 8);
    bytes[6] = (bytes[6]! & 0x0f) | 0x80;
    seal(bytes);
    return `2.25.${BigInt(`0x${bytes.toString('hex')}`)}`;
  };
  const seal = (bytes: Buffer): void => {
    mac('uid-seal', bytes.subarray(0, 8).toString('hex')).copy(bytes, 8, 0, 8);
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  };
  const isOwnUid = (uid: string): boolean => {
    if (!/^2\.25\.[1-9]\d{0,38}$/.test(uid)) return false;
    const hex = BigInt(uid.slice(5)).toString(16).padStart(32, '0');
    if (hex.length !== 32) return false;
    const bytes = Buffer.from(hex, 'hex');
    const expected = Buffer.from(bytes);
    seal(expected);
    return expected.equals(bytes);
  };
  const shiftDays = (sourceKey: string): number => -30 - (mac('shift', sourceKey).readUInt32BE(0) % 3621);

  return {
    subjectLabel(sourceKey) {
      const digest = mac('subject', sourceKey);
      let label = '';
      for (let i = 0; i < 8; i++) label += base32[digest[i]! & 31];
      return `sub-${label}`;
    },
    replaceUid(uid) {
      const plain = uid.trim();
      if (plain === '' || plain.startsWith(standardRoot) || isOwnUid(plain)) return plain;
      return uidFrom('uid', plain);
    },
    derivedUid: (uid, purpose) => uidFrom(`uid ${purpose}`, uid.trim()),
    isOwnUid,
    shiftDays,
    bidsShiftDays: (sourceKey) => shiftDays(sourceKey) - bidsBaseDays,
    seed: (sourceKey, purpose) => mac(`seed ${purpose}`, sourceKey).readUInt32BE(0),
  };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pseudonymsFrom } from './pseudonyms.ts';

const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
const made = pseudonymsFrom(secret);
/** Computed by build/oracle/header_pseudonyms.py from the definition. */
const known = {
  label: 'sub-ZZASCXDD',
  uid: '2.25.137769281140823322706433464674167881718',
  derived: '2.25.73415998933436609038309937320488278051',
  shift: -297,
  bidsShift: -64297,
};

describe('pseudonyms', () => {
  it('are what their definition says, so that they stay the same over versions of the product', () => {
    const key = 'dicom:|4711|19800229';
    expect(made.subjectLabel(key)).toBe(known.label);
    expect(made.replaceUid('1.2.826.0.1.3680043.9.7.1.1')).toBe(known.uid);
    expect(made.derivedUid('1.2.826.0.1.3680043.9.7.1.1', 'edited')).toBe(known.derived);
    expect(made.shiftDays(key)).toBe(known.shift);
    expect(made.bidsShiftDays(key)).toBe(known.bidsShift);
  });

  it('makes valid UIDs, each source its own, and never replaces its own again', () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(fc.array(fc.nat(99_999), { minLength: 2, maxLength: 8 }), (parts) => {
        const uid = `1.3.${parts.join('.')}`;
        const out = made.replaceUid(uid);
        expect(out).toMatch(/^2\.25\.[1-9]\d*$/);
        expect(out.length).toBeLessThanOrEqual(64);
        expect(made.isOwnUid(out)).toBe(true);
        expect(made.replaceUid(out)).toBe(out);
        expect(seen.get(out) ?? uid).toBe(uid);
        seen.set(out, uid);
      }),
    );
  });

  it('replaces 2.25 UIDs of others, leaves those of the standard', () => {
    const foreign = '2.25.329800735698586629295641978511506172918';
    expect(made.replaceUid(foreign)).not.toBe(foreign);
    expect(made.replaceUid('1.2.840.10008.5.1.4.1.1.4')).toBe('1.2.840.10008.5.1.4.1.1.4');
    expect(made.replaceUid('')).toBe('');
  });

  it('depends on the secret', () => {
    const other = pseudonymsFrom(new Uint8Array(32).fill(9));
    expect(other.subjectLabel('a')).not.toBe(made.subjectLabel('a'));
    expect(other.replaceUid('1.2.3')).not.toBe(made.replaceUid('1.2.3'));
    expect(other.isOwnUid(made.replaceUid('1.2.3'))).toBe(false);
  });

  it('moves DICOM dates by 30 to 3650 days and BIDS dates before 1926 for any scan up to 2100', () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        const shift = made.shiftDays(key);
        expect(shift).toBeLessThanOrEqual(-30);
        expect(shift).toBeGreaterThanOrEqual(-3650);
        const latest = new Date(Date.UTC(2100, 11, 31) + made.bidsShiftDays(key) * 86_400_000);
        expect(latest.getUTCFullYear()).toBeLessThan(1926);
      }),
    );
  });

  it('refuses a secret that is none', () => {
    expect(() => pseudonymsFrom(new Uint8Array(4))).toThrow(RangeError);
  });
});

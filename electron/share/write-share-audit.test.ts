import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ShareOverride } from '../../shared/share/records.ts';
import { getString } from '../deidentify/header/dicom-dataset.ts';
import { readDicom } from '../deidentify/header/read-dicom.ts';
import { saveReport } from '../risk/audit-rows.ts';
import { quietContext } from '../worker/task.ts';
import { AUDITED_AT, audit, auditReport, methodAudit } from './audit-fixture.ts';
import { type Fixture, keys, makeFixture, policy } from './share-fixture.ts';
import { writeShare } from './write-share.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeFixture(mkdtempSync(join(tmpdir(), 'share-audit-')));
});
afterEach(() => {
  fixture.db.close();
  rmSync(fixture.root, { recursive: true, force: true });
});

function share(
  options: { dicom?: boolean; overrides?: ShareOverride[]; checkpoint?: (place: string) => void } = {},
) {
  return writeShare(
    {
      dir: fixture.shareDir,
      formats: options.dicom ? ['dicom'] : ['bids'],
      overrides: options.overrides ?? [],
      policy,
      resume: true,
    },
    {
      db: fixture.db,
      projectDir: fixture.projectDir,
      keys,
      ...(options.checkpoint ? { checkpoint: options.checkpoint } : {}),
    },
    quietContext,
  );
}

const text = (name: string) => readFileSync(join(fixture.shareDir, name), 'utf8');
const check = (receipt: Awaited<ReturnType<typeof share>>, id: string) =>
  receipt.checks.find((c) => c.id === id)!;

/** Accepts series 1 in review at a time. */
function accept(at: string): void {
  fixture.db
    .prepare(
      "INSERT INTO review (derivative_id, decision, note, reviewer, at, settings) VALUES (1, 'accept', '', 'ab', ?, '{}')",
    )
    .run(at);
}

/** (0028,0302) Recognizable Visual Features of the first DICOM instance in the share. */
function faceStatement(): string | undefined {
  const file = readdirSync(fixture.shareDir, { recursive: true })
    .map(String)
    .filter((f) => f.endsWith('.dcm'))
    .sort()[0]!;
  const { dataset } = readDicom(new Uint8Array(readFileSync(join(fixture.shareDir, file))));
  return getString(dataset, '00280302');
}

describe('the audit in a share', () => {
  it('is in receipt and manifest by pseudonym, without the other scans of the project', async () => {
    saveReport(
      fixture.db,
      auditReport({ methods: ['template', 'quickshear'].map((m) => methodAudit(m, 0.02, 0.4)) }),
    );
    const receipt = await share();
    expect(receipt.checks.filter((c) => c.state === 'failed')).toEqual([]);
    expect(check(receipt, 'faces')).toMatchObject({
      state: 'ok',
      evidence: expect.stringMatching(
        /^Of 2 scans that may leave: 2 safe.*quickshear 2\.0 % \(0\.0 to 7\.0 %\)/,
      ),
    });
    expect(receipt.scans.map((s) => s.audit?.state)).toEqual(['safe', 'safe']);
    expect(receipt.audit!.methods.map((m) => m.method)).toEqual(['quickshear']);
    const manifest = JSON.parse(text('manifest.json'));
    expect(manifest.scans.map((s: { audit: unknown }) => s.audit)).toEqual(
      [...receipt.scans].sort((a, b) => a.seriesId - b.seriesId).map((s) => s.audit),
    );
    expect(manifest.audit).toMatchObject({ people: 42, methods: [{ method: 'quickshear' }] });
    expect(Object.keys(manifest.audit)).not.toContain('sentence');
    expect(text('refacade-receipt.html')).toMatch(/Can the faces still be recognised\?[\s\S]*<svg /);
    for (const name of ['manifest.json', 'refacade-receipt.json', 'refacade-receipt.html'])
      expect(text(name), name).not.toMatch(/sub-HELD0000|descriptor|before-/);
  });

  it('holds what was not audited, unless somebody gives a reason, and says so', async () => {
    fixture.db.exec('DELETE FROM audit WHERE derivative_id = 2');
    saveReport(fixture.db, auditReport());
    const receipt = await share();
    expect(receipt.scans.map((s) => s.seriesId)).toEqual([1]);
    expect(receipt.held.find((h) => h.seriesId === 2)?.reason).toBe('Not audited yet: run the audit first.');
    rmSync(fixture.shareDir, { recursive: true });
    const overrides = [{ seriesId: 2, reason: 'looked at on paper', by: 'ab' }];
    const forced = await share({ overrides });
    expect(check(forced, 'faces')).toMatchObject({
      state: 'not-checked',
      evidence: expect.stringContaining('1 not audited'),
    });
    expect(forced.scans.find((s) => s.seriesId === 2)?.audit).toBeNull();
  });

  it('says nothing of an audit that looked at none of the shared scans', async () => {
    fixture.db.exec('DELETE FROM audit');
    saveReport(fixture.db, auditReport());
    await expect(share()).rejects.toThrow(/None of 4 scans may leave/);
    const overrides = [{ seriesId: 2, reason: 'looked at on paper', by: 'ab' }];
    const receipt = await share({ overrides });
    expect(receipt.audit).toBeNull();
    expect(check(receipt, 'faces').evidence).toMatch(/^Not audited: 1 scan by override/);
    expect(text('refacade-receipt.html')).toContain('No audit was made');
  });

  it('lets a scan at risk go that somebody accepted knowing it, without stating that no face is left', async () => {
    audit(fixture.db, 1, 'at-risk');
    accept('2026-01-05T10:11:59.000Z');
    await expect(share({ dicom: true })).resolves.toMatchObject({ scans: [] });
    rmSync(fixture.shareDir, { recursive: true });
    accept('2026-01-05T10:13:00.000Z');
    const receipt = await share({ dicom: true });
    expect(receipt.scans).toMatchObject([{ seriesId: 1, audit: { state: 'at-risk', at: AUDITED_AT } }]);
    expect(check(receipt, 'faces').evidence).toContain('1 at risk (1 accepted in review after the audit)');
    expect(faceStatement()).toBeUndefined();
  });

  it('writes a scan again when the audit changed its mind between two starts', async () => {
    const die = (place: string) => {
      if (place === 'before the manifest') throw new Error('killed');
    };
    accept('2026-01-05T10:13:00.000Z');
    await expect(share({ dicom: true, checkpoint: die })).rejects.toThrow('killed');
    expect(faceStatement()).toBe('NO');
    audit(fixture.db, 1, 'at-risk');
    const receipt = await share({ dicom: true });
    expect(receipt.checks.filter((c) => c.state === 'failed')).toEqual([]);
    expect(faceStatement()).toBeUndefined();
  });

  it.each(['Chance^Similarity', 'Rank^Recognition', 'Heads^People', 'Network^Average', 'Human^Genuine'])(
    'is no reason to refuse a share of somebody called %s',
    async (name) => {
      saveReport(fixture.db, auditReport());
      fixture.db.prepare('UPDATE subject SET patient_name = ? WHERE id = 2').run(name);
      const receipt = await share();
      expect(receipt.leaks).toEqual([]);
      expect(receipt.audit?.sentence).toContain('Put among 42 people');
    },
  );

  it('repeats no sentence that names somebody', async () => {
    saveReport(
      fixture.db,
      auditReport({
        sentence: 'Quentrell Marigold was recognised.',
        caveats: ['HX-20417-B is weak.', 'Fine.'],
      }),
    );
    const receipt = await share();
    const withheld = 'Withheld: the text contained an identifier.';
    // The sentence is made anew from the figures of what leaves; the caveats are the report's own.
    expect(receipt.audit?.sentence).toContain('Put among 42 people');
    expect(receipt.audit!.caveats).toEqual([withheld, 'Fine.']);
    expect(text('refacade-receipt.html')).not.toMatch(/Quentrell|HX-20417/);
  });
});

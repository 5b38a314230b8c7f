import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shareContract } from '../../shared/share/contract.ts';
import { openKeys } from '../deidentify/keys.ts';
import { getPolicy } from '../deidentify/policies.ts';
import { quietContext } from '../worker/task.ts';
import { shareHandlers } from './handlers.ts';
import { type Fixture, makeFixture } from './share-fixture.ts';
import { type ShareTaskParams, shareTasks } from './tasks.ts';

let fixture: Fixture;
let queued: ShareTaskParams[] = [];
beforeEach(async () => {
  queued = [];
  fixture = await makeFixture(mkdtempSync(join(tmpdir(), 'share-handlers-')));
});
afterEach(() => {
  fixture.db.close();
  rmSync(fixture.root, { recursive: true, force: true });
});

const handlers = () =>
  shareHandlers({
    db: fixture.db,
    projectDir: fixture.projectDir,
    policyName: 'Share outside',
    changed: () => {},
    startShare: (payload) => {
      queued.push(JSON.parse(JSON.stringify(payload)));
      return 'batch';
    },
  });

describe('shareHandlers', () => {
  it('tells when faces were edited under a policy that treats headers otherwise', async () => {
    const evidence = async () =>
      (await handlers()['share.checklist']({ overrides: [] })).items.find((i) => i.id === 'headers')!
        .evidence;
    const edited = (policy: object) =>
      fixture.db.prepare('UPDATE derivative SET policy = ?').run(JSON.stringify(policy));
    const current = getPolicy(fixture.projectDir, 'Share outside');
    edited({ ...current, name: 'Mine', method: 'blur', limits: {} });
    expect(await evidence()).not.toContain('another recipe');
    edited({
      ...current,
      name: 'Mine',
      options: { ...current.options, retainUids: !current.options.retainUids },
    });
    expect(await evidence()).toMatch(/2 scans were edited under another recipe for headers \(“Mine”\)/);
  });

  it('says what stands in the way, by evidence', async () => {
    fixture.db.exec(
      `UPDATE series SET state = 'needs-review' WHERE id = 2;
       UPDATE derivative SET verdict = json_set(verdict, '$.state', 'needs-review', '$.reason', 'Little moved.') WHERE id = 2`,
    );
    const answer = shareContract['share.checklist'].output.parse(
      await handlers()['share.checklist']({ overrides: [] }),
    );
    expect(answer.ready).toBe(1);
    expect(answer.held.map((h) => [h.seriesId, h.state]).sort()).toEqual([
      [2, 'needs-review'],
      [3, 'excluded'],
      [4, 'queued'],
    ]);
    // Only what a reasoned decision may release is offered for one.
    expect(answer.held.filter((h) => h.overridable).map((h) => h.seriesId)).toEqual([2]);
    const state = (id: string) => answer.items.find((i) => i.id === id)?.state;
    expect([state('deidentified'), state('reviewed'), state('bytes'), state('files')]).toEqual([
      'todo',
      'todo',
      'not-checked',
      'not-checked',
    ]);
    const overrides = [{ seriesId: 2, reason: 'looked at on paper', by: 'ab' }];
    const forced = await handlers()['share.checklist']({ overrides });
    expect(forced.ready).toBe(2);
    expect(forced.items.find((i) => i.id === 'faces')?.state).toBe('not-checked');
  });

  it('writes through the task, records the override and answers with the receipt', async () => {
    fixture.db.exec(
      "UPDATE derivative SET verdict = json_set(verdict, '$.state', 'needs-review') WHERE id = 1",
    );
    const overrides = [{ seriesId: 1, reason: 'looked at on paper', by: 'ab' }];
    const { shareId } = await handlers()['share.start']({
      dir: fixture.shareDir,
      formats: ['dicom'],
      overrides,
      resume: true,
    });
    await expect(async () => handlers()['share.receipt']({ shareId })).rejects.toThrow(/still being written/);
    await expect(shareTasks['share.write'](queued[0]!, quietContext)).rejects.toThrow(
      /key of this project is gone/,
    );
    openKeys(fixture.projectDir);
    await shareTasks['share.write'](queued[0]!, quietContext);
    const [row] = shareContract['share.list'].output.parse(await handlers()['share.list']({}));
    expect(row).toMatchObject({ state: 'complete', message: '', scans: 1 });
    const { receipt, htmlUrl } = shareContract['share.receipt'].output.parse(
      await handlers()['share.receipt']({ shareId }),
    );
    // Pictures lie beside the page, in the share and in the application.
    expect(htmlUrl).toBe(`/receipts/${shareId}/receipt.html`);
    expect(receipt.scans[0]).toMatchObject({
      seriesId: 1,
      override: 'The reason and the person are recorded in the lab.',
    });
    // Who decided and why is the lab's.
    const kept = fixture.db.prepare('SELECT request FROM share WHERE id = ?').pluck().get(shareId) as string;
    expect(JSON.parse(kept).overrides).toEqual(overrides);
    expect(receipt.checks.find((c) => c.id === 'faces')?.state).toBe('not-checked');
    expect(receipt.held.find((h) => h.seriesId === 2)?.reason).toMatch(/NIfTI, which has no DICOM form/);
  });

  it('records why a share could not be written', async () => {
    const { shareId } = await handlers()['share.start']({
      dir: fixture.projectDir,
      formats: ['bids'],
      overrides: [],
      resume: true,
    });
    openKeys(fixture.projectDir);
    await expect(shareTasks['share.write'](queued[0]!, quietContext)).rejects.toThrow(/project folder/);
    const [row] = await handlers()['share.list']({});
    expect(row).toMatchObject({
      id: shareId,
      state: 'failed',
      message: expect.stringMatching(/Choose a folder elsewhere/),
    });
  });
});

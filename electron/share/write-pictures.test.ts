import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodePng } from '../review/png.ts';
import { quietContext } from '../worker/task.ts';
import { type Fixture, keys, makeFixture, policy as plainPolicy } from './share-fixture.ts';
import { writeShare } from './write-share.ts';

const policy = { ...plainPolicy, receiptPictures: true };

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeFixture(mkdtempSync(join(tmpdir(), 'share-pictures-')));
  mkdirSync(pictures(1));
  // Only series 1 has the reviewer's pictures, in different shades.
  for (const [name, shade] of [
    ['before-front', 200],
    ['before-sagittal', 210],
    ['after-front', 90],
    ['after-sagittal', 100],
  ] as const)
    writeFileSync(join(pictures(1), `${name}.png`), plain(shade));
});
afterEach(() => {
  fixture.db.close();
  rmSync(fixture.root, { recursive: true, force: true });
});

const pictures = (id: number) => join(fixture.projectDir, 'derivatives', String(id), 'pictures');
const plain = (shade: number) =>
  encodePng({ width: 8, height: 8, channels: 1, data: new Uint8Array(64).fill(shade) });

function share(
  options: { policy?: typeof policy; checkpoint?: (place: string) => void; dicom?: boolean } = {},
) {
  return writeShare(
    {
      dir: fixture.shareDir,
      formats: options.dicom ? ['dicom'] : ['bids'],
      overrides: [],
      policy: options.policy ?? policy,
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

const inShare = (path: string) => join(fixture.shareDir, ...path.split('/'));
const shown = () =>
  existsSync(inShare('refacade-pictures')) ? readdirSync(inShare('refacade-pictures')).sort() : [];

/** Distance from gray of the most colourful pixel of an RGBA picture with "up" filtered rows. */
function mostColour(png: Buffer): number {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const at = png.indexOf('IDAT');
  const raw = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
  const row = new Uint8Array(4 * width);
  let most = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < row.length; x++) row[x]! += raw[y * (row.length + 1) + 1 + x]!;
    for (let x = 0; x < row.length; x += 4) most = Math.max(most, Math.abs(row[x]! - row[x + 2]!));
  }
  return most;
}

describe('pictures of a share', () => {
  it('show the de-identified scans only, are counted, and carry no outline of the edit', async () => {
    const receipt = await share();
    expect(receipt.checks.filter((c) => c.state === 'failed')).toEqual([]);
    const one = receipt.scans.find((s) => s.seriesId === 1)!;
    const stem = `refacade-pictures/${one.subjectLabel}_ses-01_T1w`;
    expect(one.pictures).toEqual([
      { view: 'front', path: `${stem}-front.png` },
      { view: 'sagittal', path: `${stem}-sagittal.png` },
    ]);
    // No review pictures: the slice is drawn all the same.
    expect(receipt.scans.find((s) => s.seriesId === 2)!.pictures.map((p) => p.view)).toEqual(['sagittal']);
    expect(shown()).toHaveLength(3);
    expect(readFileSync(inShare(`${stem}-front.png`))).toEqual(Buffer.from(plain(90)));
    for (const name of shown()) {
      const bytes = readFileSync(inShare(`refacade-pictures/${name}`));
      for (const shade of [200, 210]) expect(bytes.equals(plain(shade))).toBe(false);
    }
    const slice = readFileSync(inShare(`${stem}-sagittal.png`));
    expect([slice.readUInt32BE(16), slice.readUInt32BE(20)].sort((a, b) => b - a)[0]).toBe(256);
    expect(mostColour(slice)).toBe(0);
    const manifest = JSON.parse(readFileSync(inShare('manifest.json'), 'utf8'));
    const listed = manifest.files.map((f: { path: string }) => f.path);
    expect(listed).toEqual(expect.arrayContaining(shown().map((name) => `refacade-pictures/${name}`)));
    expect(readFileSync(inShare('.bidsignore'), 'utf8')).toContain('refacade-pictures/');
    const html = readFileSync(inShare('refacade-receipt.html'), 'utf8');
    for (const [, path] of html.matchAll(/<img src="([^"]+)"/g))
      expect(existsSync(inShare(path!)), path).toBe(true);
    expect(html.match(/<img /g)).toHaveLength(3);
    // The files of a scan are its own.
    expect(one.files).toBe(2);
  });

  it('stay out unless the policy asks for them', async () => {
    const receipt = await share({ policy: plainPolicy });
    const files = readdirSync(fixture.shareDir, { recursive: true }).map(String);
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((f) => /\.(png|jpe?g|gif|webp|svg|tiff?|bmp)$/i.test(f))).toEqual([]);
    expect(receipt.scans.flatMap((s) => s.pictures)).toEqual([]);
    expect(shown()).toEqual([]);
    expect(readFileSync(inShare('.bidsignore'), 'utf8')).not.toContain('refacade-pictures');
    expect(readFileSync(inShare('refacade-receipt.html'), 'utf8')).not.toContain('<img');
  });

  it('are named without BIDS too', async () => {
    const receipt = await share({ dicom: true });
    const [scan] = receipt.scans;
    expect(shown()).toEqual([
      `${scan!.subjectLabel}_ses-01_T1w-front.png`,
      `${scan!.subjectLabel}_ses-01_T1w-sagittal.png`,
    ]);
  });

  it('are not made again after a crash, unless they were damaged or the policy changed', async () => {
    const die = (place: string) => {
      if (place === 'before the manifest') throw new Error('killed');
    };
    await expect(share({ checkpoint: die })).rejects.toThrow('killed');
    const content = join(fixture.shareDir, '.refacade-partial', 'content', 'refacade-pictures');
    const [front, slice] = readdirSync(content)
      .filter((n, _, all) => all.filter((o) => o.slice(0, 12) === n.slice(0, 12)).length === 2)
      .sort();
    const inode = statSync(join(content, front!)).ino;
    await expect(share({ checkpoint: die })).rejects.toThrow('killed');
    expect(statSync(join(content, front!)).ino).toBe(inode);
    writeFileSync(join(content, slice!), 'damaged');
    await expect(share({ checkpoint: die })).rejects.toThrow('killed');
    expect(statSync(join(content, slice!)).size).toBeGreaterThan(100);
    const receipt = await share({ policy: { ...policy, receiptPictures: false } });
    expect(receipt.checks.filter((c) => c.state === 'failed')).toEqual([]);
    expect(shown()).toEqual([]);
  });

  it('are searched like everything else; a refused share shows none', async () => {
    const png = Buffer.from(plain(90));
    const text = Buffer.from('tEXtAuthor\0Quentrell Marigold');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length - 4);
    const end = png.length - 12; // before IEND; the search does not look at checksums
    writeFileSync(
      join(pictures(1), 'after-front.png'),
      Buffer.concat([png.subarray(0, end), length, text, Buffer.alloc(4), png.subarray(end)]),
    );
    const receipt = await share();
    expect(receipt.leaks.map((l) => l.file)).toEqual([
      expect.stringMatching(/^refacade-pictures\/sub-\w+_ses-01_T1w-front\.png$/),
    ]);
    expect(receipt.scans.flatMap((s) => s.pictures)).toEqual([]);
    expect(shown()).toEqual([]);
    expect(readFileSync(inShare('refacade-receipt.html'), 'utf8')).not.toContain('<img');
  });

  it('are left out when they cannot be made', async () => {
    writeFileSync(join(pictures(1), 'after-front.png'), 'no picture');
    const receipt = await share();
    expect(receipt.checks.filter((c) => c.state === 'failed')).toEqual([]);
    expect(receipt.scans.map((s) => s.pictures.map((p) => p.view))).toEqual([['sagittal'], ['sagittal']]);
  });
});

import { describe, expect, it } from 'vitest';
import { createRedactor } from './redact.ts';

/** What a phantom subject carries: every one of these must never be readable in a log. */
const planted = [
  'Müller^Anna Lena',
  'IXI-0042-KH',
  '19420531',
  "O'Brien^Séan",
  '8812734',
  'Ng^Bo',
  'St. Marien Hospital',
];

function redactor() {
  const r = createRedactor({ ownFolders: [{ path: '/opt/refacade', label: '<app>' }] });
  r.addIdentifiers(planted);
  return r;
}

describe('known identifiers', () => {
  it.each([
    ['as stored', 'import of Müller^Anna Lena done', /ller|anna|lena/i],
    ['upper case without accents', 'ANNA MULLER queued', /anna|muller/i],
    ['decomposed accents', 'Mu\u0308ller queued', /ller/i],
    ['file name', 'wrote muller_anna_T1.nii.gz', /muller|anna/i],
    ['camel case', 'series MullerAnna3', /muller|anna/i],
    ['inside a longer word', 'scanannalena01', /annalena/i],
    ['given name alone', 'the scan of Anna failed', /anna/i],
    ['number with other punctuation', 'id IXI_0042_KH', /0042/],
    ['number squeezed', 'id ixi0042kh.dcm', /0042/],
    ['birth date as stored', 'seen 19420531', /1942/],
    ['birth date ISO', 'seen 1942-05-31', /1942/],
    ['birth date European', 'seen 31.05.1942', /1942/],
    ['birth date American', 'seen 05/31/1942', /1942/],
    ['apostrophe and accent', 'Sean OBRIEN reviewed', /sean|brien/i],
    ['digits within longer text', 'rec8812734b', /8812734/],
    ['short name as a word', 'subject Ng, next', /\bNg\b/],
    ['short name in camel case', 'BoNg1', /Bo|Ng/],
    ['institution', 'at st marien hospital', /marien/i],
  ])('%s', (_name, text, leak) => {
    expect(text).toMatch(leak);
    expect(redactor().redact(text)).not.toMatch(leak);
  });

  it('leaves ordinary words that merely contain a short name', () => {
    expect(redactor().redact('along the border, nothing is wrong; took 5312 ms')).toBe(
      'along the border, nothing is wrong; took 5312 ms',
    );
  });

  it('does not learn meaningless or tiny identifiers', () => {
    const r = createRedactor();
    r.addIdentifiers(['', ' ', 'anonymous', '1', '12', '^', 'A']);
    expect(r.redact('anonymous 1 of 12, A or B')).toBe('anonymous 1 of 12, A or B');
  });

  it('is the same twice as once', () => {
    const r = redactor();
    const once = r.redact('Müller^Anna /home/anna/x.dcm 1.2.826.0.1.3680043.8.498.1234567890');
    expect(r.redact(once)).toBe(once);
  });

  it('stays fast with 100,000 subjects', () => {
    const r = createRedactor();
    r.addIdentifiers(Array.from({ length: 100_000 }, (_, n) => `Family${n}x^Given${n}y`));
    const line = 'conform series to 1 mm and write the result for family77123x given77123y '.repeat(8);
    const started = performance.now();
    for (let n = 0; n < 20; n++) expect(r.redact(line)).not.toContain('77123');
    expect((performance.now() - started) / 20).toBeLessThan(60);
  });
});

describe('persons and dates nobody told us about', () => {
  it.each([
    ['DICOM person name', 'read Doe^Jane^^Dr done', /Doe|Jane/],
    ['label with equals', 'PatientName=Jane Doe, 3 files', /Jane|Doe/],
    ['label with colon and quotes', `"PatientName": "Jane Doe", "n": 3`, /Jane|Doe/],
    ['spelled-out label', "Patient's Name: Jane Doe; next", /Jane|Doe/],
    ['dump line', '(0010,0010) PN [Doe Jane]   # 8, 1 PatientName', /Doe|Jane/],
    ['dump line of an address', '(0010,1040) LO [3 High Street]', /High/],
    ['birth date', 'birth date: 1961-02-03, sex F', /1961/],
    ['dob', 'DOB 03/02/1961', /1961/],
    ['born', 'born 1961', /1961/],
    ['accession', 'AccessionNumber: A77-1', /A77/],
    ['physician', 'ReferringPhysicianName=Dr House', /House/],
    ['instance UID', 'series 1.2.826.0.1.3680043.8.498.12345678901234567890', /3680043/],
  ])('%s', (_name, text, leak) => {
    expect(text).toMatch(leak);
    expect(createRedactor().redact(text)).not.toMatch(leak);
  });

  it('keeps standard UIDs, versions, times and routes', () => {
    const text = 'syntax 1.2.840.10008.1.2.4.90, version 1.2.3, POST /rpc/catalog.list 12:30:01 ratio 3/4';
    expect(createRedactor().redact(text)).toBe(text);
  });

  it('marks one UID alike throughout a run, and differently from another', () => {
    const r = createRedactor();
    const [a, b] = ['1.2.826.0.1.3680043.8.498.111111', '1.2.826.0.1.3680043.8.498.222222'];
    expect(r.redact(a!)).toBe(r.redact(a!));
    expect(r.redact(a!)).not.toBe(r.redact(b!));
    expect(createRedactor().redact(a!)).not.toBe(r.redact(a!));
  });
});

describe('paths', () => {
  it.each([
    ['POSIX', 'open /home/jdoe/scans/DOE/IM1 failed', 'open <path> failed'],
    [
      'quoted, with blanks',
      "ENOENT: no such file, open '/data/Jane Doe/T1 scan.nii.gz'",
      "ENOENT: no such file, open '<path>'",
    ],
    ['quoted, with an apostrophe', "open '/data/O'Neil/x.dcm'", "open '<path>'"],
    ['bare, with blanks in a folder', 'read /data/Jane Doe/x.dcm: bad', 'read <path>: bad'],
    ['bare, with blanks in the file', 'read /data/Jane Doe.dcm, bad', 'read <path>'],
    ['bare, with an apostrophe', "/data/O'Neil Anna is missing", '<path> is missing'],
    ['bare, with an apostrophe at a word', "/data/Jones' Anna is missing", '<path> is missing'],
    ['quoted, with an apostrophe at a word', "open '/data/Jones' Anna/x.dcm'", "open '<path>'"],
    ['bare, after a colon', 'no series in dicom-file:/data/Doe/x.dcm', 'no series in dicom-file:<path>'],
    ['two on a line', 'move /data/Doe Anna/a -> /data/Doe Anna/b', 'move <path>'],
    ['within double quotes', 'the rule "below /data/Anna Doe" holds', 'the rule "below <path>" holds'],
    ['a folder named like a route', 'read /volumes/Doe/x', 'read <path>'],
    ['own folder, then another', 'read /opt/refacade/a.json and /data/Doe/b', 'read <app>/a.json and <path>'],
    ['look-alike with a blank', 'at /opt/refacade Doe/x', 'at <path>'],
    [
      'several lines',
      'Error: no\n    at f (/home/jdoe/a.js:1:2)\n    at g',
      'Error: no\n    at f (<path>:1:2)\n    at g',
    ],
    ['Windows', 'read C:\\Users\\jdoe\\Desktop\\Doe Jane\\IM1.dcm done', 'read <path> done'],
    ['UNC', 'read \\\\pacs\\export\\doe\\1.dcm done', 'read <path> done'],
    ['file URL', 'at file:///home/jdoe/a.js:3:4', 'at <path>:3:4'],
    ['own folder', 'at run (/opt/refacade/dist/cli/main.js:10:5)', 'at run (<app>/dist/cli/main.js:10:5)'],
    ['own folder as URL', 'at file:///opt/refacade/dist/a.js:1:2', 'at <app>/dist/a.js:1:2'],
    ['look-alike of the own folder', 'at /opt/refacade-data/doe.dcm', 'at <path>'],
  ])('%s', (_name, text, expected) => {
    expect(redactor().redact(text)).toBe(expected);
  });
});

it('own folders may have blanks in their own names', () => {
  const r = createRedactor({
    ownFolders: [{ path: 'C:\\Users\\Jo Doe\\Refacade\\app.asar', label: '<app>' }],
  });
  expect(r.redact('at f (C:\\Users\\Jo Doe\\Refacade\\app.asar\\dist\\a.js:1:2)')).toBe(
    'at f (<app>\\dist\\a.js:1:2)',
  );
  expect(r.redact('in C:\\Users\\Jo Doe\\Refacade\\scans\\Doe')).toBe('in <path>');
});

describe('names of people in names of folders', () => {
  const folders = [
    '/data/Anna Mueller',
    '/data/Müller, Anna/2024',
    '/data/Müller, Anna',
    'C:\\Scans\\Müller, Anna\\dicom',
    '/data/Weber (Karl)/x',
    '/data/Weber (Karl)',
    'C:\\Users\\Jörg Müller\\Scans\\Anna Schmidt',
    'D:\\Anna Schmidt',
    "/data/O'Neil; Anna <Karl>",
    '\\\\pacs\\Anna Mueller (Karl)',
  ];
  const name = /anna|m[uü]e?ller|weber|karl|schmidt|jörg|neil/i;

  it.each(folders)('%s', (folder) => {
    const r = createRedactor();
    for (const [text, expected] of [
      [
        `${folder} is not a Refacade project: expected x.json in it.`,
        '<path> is not a Refacade project: expected x.json in it.',
      ],
      [`"${folder}" is not a project`, '"<path>" is not a project'],
      [
        `The folder ${folder} cannot be read: EACCES: permission denied, scandir '${folder}'`,
        "The folder <path> cannot be read: EACCES: permission denied, scandir '<path>'",
      ],
      [`rename '${folder}' -> '${folder}.old'`, "rename '<path>'"],
      [`nothing in ${folder}`, 'nothing in <path>'],
      [`nothing in ${folder}.`, 'nothing in <path>.'],
    ] as const) {
      const told = r.redact(text).replace('<path>)', '<path>');
      expect(told).not.toMatch(name);
      expect(told).toBe(expected);
    }
    const error = Object.assign(new Error(`EACCES: permission denied, scandir '${folder}'`), {
      code: 'EACCES',
      path: folder,
      dest: `${folder}/b`,
    });
    expect(r.redactValue({ error })).toMatchObject({
      error: {
        message: "EACCES: permission denied, scandir '<path>'",
        code: 'EACCES',
        path: '<path>',
        dest: '<path>',
      },
    });
    const fields = {
      dir: folder,
      file: 'Mueller/IM1',
      filename: 'Anna: 1',
      sourceFolder: folder,
      sources: [folder, 'Weber'],
    };
    expect(r.redactValue(fields)).toEqual({
      dir: '<path>',
      file: '<path>',
      filename: '<path>',
      sourceFolder: '<path>',
      sources: ['<path>', '<path>'],
    });
  });

  it('leaves our own folders, routes and what is no path in such fields', () => {
    const fields = {
      path: '/opt/refacade/dist/a.js',
      file: '/rpc/project.open',
      dir: '',
      source: 3,
      profile: 'Strict',
      kindSource: 'header',
    };
    expect(redactor().redactValue(fields)).toEqual({ ...fields, path: '<app>/dist/a.js' });
    const issue = { path: ['seriesIds', 0], message: 'Expected a number' };
    expect(redactor().redactValue(issue)).toEqual(issue);
  });

  it.each([
    'De-identified 12 of 40 scans in 3 min (0.4 GB), 2 need review',
    'read 3/4 of the headers, and/or none; GET /volumes/series-12.nii.gz 200 in 31 ms',
    'The networks ran on http://127.0.0.1:4599/rpc/project.open, as asked: yes',
    'Expected SHA-256 0a1b of "model.onnx", got 2c3d: the file is damaged. Install it again.',
    "can't go on: the patients' list holds '12' entries",
    'app://refacade/index.html loaded; "text/html", 5 kB/s',
  ])('an ordinary message stays as it is: %s', (text) => {
    expect(redactor().redact(text)).toBe(text);
  });
});

describe('values', () => {
  it('redacts nested objects, keys, arrays, maps, causes and extra fields of errors', () => {
    const cause = Object.assign(new Error("ENOENT, open '/home/anna/x.dcm'"), { path: '/home/anna/x.dcm' });
    const value = redactor().redactValue({
      list: ['Anna Müller', { deep: new Map([['Anna', 'Lena']]) }],
      tags: { PatientName: 'Jane Doe', x00100030: '19610203', Rows: 256 },
      failure: new Error('could not read Müller^Anna', { cause }),
      id: 8812734,
      voxels: new Float32Array(10),
    });
    const text = JSON.stringify(value);
    expect(text).not.toMatch(/anna|lena|müller|jane|doe|1961|8812734|\/home/i);
    expect(value).toMatchObject({ tags: { Rows: 256 }, voxels: '<40 bytes>', failure: { type: 'Error' } });
  });

  it('survives cycles, depth, getters that throw and odd values', () => {
    const loop: Record<string, unknown> = { n: 1n, f() {}, nothing: undefined, none: null };
    loop.self = loop;
    expect(redactor().redactValue(loop)).toMatchObject({
      n: '1',
      f: '<function>',
      self: '<cycle>',
      none: null,
    });
    const bad = Object.defineProperty({}, 'x', {
      enumerable: true,
      get() {
        throw new Error('no');
      },
    });
    expect(redactor().redactValue(bad)).toBe('<could not be redacted>');
  });
});

it.each(['/opt/re-facade', '/opt/a.b+c (x)/[y]{z}^$|', 'C:\\Users\\Dr-Who\\app'])(
  'takes an own folder of any spelling: %s',
  (path) => {
    const r = createRedactor({ ownFolders: [{ path, label: '<app>' }] });
    expect(r.redact(`loaded "${path}/dist/main.js"`)).toBe('loaded "<app>/dist/main.js"');
  },
);

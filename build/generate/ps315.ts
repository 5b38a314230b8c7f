/// <reference path="../../electron/deidentify/header/dcmjs-dictionary.d.ts" />
/**
 * Writes electron/deidentify/header/ps315-table.json from the published PS3.15 Table E.1-1.
 *
 * Usage: npx esbuild build/generate/ps315.ts --bundle --platform=node --format=esm --outfile=.scratch/ps315.mjs
 *        node .scratch/ps315.mjs ../shared/data/reference/ps315_table_e1_1.json electron/deidentify/header/ps315-table.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { dictionary } from 'dcmjs/dictionary';

/** One row as published (innolitics/dicom-standard JSON). */
interface SourceRow {
  name: string;
  tag: string;
  basicProfile: string;
  [column: string]: string;
}

export interface SourceTable {
  edition: string;
  source: string;
  rows: SourceRow[];
}

/** Published column name → our switch in `ps315Options`. */
const columns: Readonly<Record<string, string>> = {
  rtnSafePrivOpt: 'retainSafePrivate',
  rtnUIDsOpt: 'retainUids',
  rtnDevIdOpt: 'retainDeviceIdentity',
  rtnInstIdOpt: 'retainInstitutionIdentity',
  rtnPatCharsOpt: 'retainPatientCharacteristics',
  rtnLongFullDatesOpt: 'retainLongitudinalFullDates',
  rtnLongModifDatesOpt: 'retainLongitudinalModifiedDates',
  cleanDescOpt: 'cleanDescriptors',
  cleanStructContOpt: 'cleanStructuredContent',
  cleanGraphOpt: 'cleanGraphics',
};

/**
 * The committed table as text: one attribute per line, sorted by tag.
 *
 * Patterns keep `x` for "any hexadecimal digit": `50xxxxxx`, `60xx3000`; private attributes are `private`.
 *
 * @throws Error when a row has a column or tag form that this generator does not know
 */
export function generatePs315Table(table: SourceTable): string {
  const lines = table.rows.map((row) => {
    const tag = tagPattern(row.tag);
    const options: Record<string, string> = {};
    for (const [column, value] of Object.entries(row)) {
      if (['name', 'tag', 'stdCompIOD', 'basicProfile', 'id'].includes(column)) continue;
      const option = columns[column];
      if (!option)
        throw new Error(
          `Row ${row.tag} has the column ${column}; known are ${Object.keys(columns).join(', ')}.`,
        );
      options[option] = value;
    }
    const entry = dictionary[`(${tag.slice(0, 4)},${tag.slice(4)})`];
    const keyword = entry?.name.replace(/^RETIRED_/, '') ?? row.name.replace(/[^A-Za-z0-9]/g, '');
    // Some names carry a footnote mark after a line break; it is not part of the name.
    const name = row.name.split('\n')[0]!.trim();
    return { tag, name, keyword, basic: row.basicProfile, options };
  });
  lines.sort((a, b) => (a.tag < b.tag ? -1 : 1));
  const head = JSON.stringify({ edition: table.edition, source: table.source }, null, 2).replace(
    /\n\}$/,
    ',',
  );
  return `${head}\n  "rows": [\n${lines.map((l) => `    ${JSON.stringify(l)}`).join(',\n')}\n  ]\n}\n`;
}

function tagPattern(tag: string): string {
  if (/GGGG IS ODD/i.test(tag)) return 'private';
  const hex = tag
    .replace(/[(),\s]/g, '')
    .toUpperCase()
    .replace(/X/g, 'x');
  if (!/^[0-9A-Fx]{8}$/.test(hex)) throw new Error(`Tag ${tag}: expected (GGGG,EEEE) with x for any digit.`);
  return hex;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [source, target] = process.argv.slice(2);
  if (!source || !target) throw new Error('Expected two paths: the published table and the file to write.');
  writeFileSync(target, generatePs315Table(JSON.parse(readFileSync(source, 'utf8')) as SourceTable));
}

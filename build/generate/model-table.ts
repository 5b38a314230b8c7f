/**
 * Writes the table of models/README.md from the cards, so that the page cannot say something else than the files.
 *
 * Usage: node dist/build/model-table.js   (after each new card; model-table.test.ts compares)
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type GeneratorCard, generatorCard } from '../../electron/inference/generator-card.ts';
import { type ModelCard, modelCard } from '../../electron/inference/model-card.ts';

const BEGIN = '<!-- table: written by build/generate/model-table.ts -->';
const END = '<!-- end of table -->';
const HEADER = [
  '| Model | Task | Input | Output | Licence | Size | SHA-256 | Measured quality |',
  '|---|---|---|---|---|---|---|---|',
];

/** What the card of an average head, or of shapes that are laid on it, says, as far as the table needs it. */
interface AtlasCard {
  readonly id: string;
  readonly version: string;
  readonly licence: string;
  readonly files: Readonly<
    Record<string, { readonly name: string; readonly sha256: string; readonly bytes: number }>
  >;
}
interface AverageHeadCard extends AtlasCard {
  readonly spacingMm: number;
  readonly people: { readonly count: number };
}
interface FaceShapesCard extends AtlasCard {
  readonly modes: number;
  readonly people: number;
}

/** A card's row by its task. */
const rowOfTask: Readonly<Record<string, (card: never) => string>> = {
  'head-segmentation': (card) => networkRow(modelCard.parse(card)),
  'face-generation': (card) => generatorRow(generatorCard.parse(card)),
  'average-head': (card: AverageHeadCard) =>
    atlasRow(
      card,
      'the face that takes the place of a face',
      `mean of ${card.people.count} heads, ${card.spacingMm} mm`,
    ),
  'face-shapes': (card: FaceShapesCard) =>
    atlasRow(
      card,
      'how faces differ, for new ones',
      `${card.modes} modes of displacement of the average head, from ${card.people} people`,
    ),
};

/** The table's lines for every folder with a card. */
export function modelTable(modelsDir: string): string {
  const cards = readdirSync(modelsDir)
    .sort()
    .map((name) => join(modelsDir, name, 'card.json'))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as { task: string });
  const rows = cards.map((card) => {
    const write = rowOfTask[card.task];
    if (!write) {
      throw new Error(
        `Expected a card for one of ${Object.keys(rowOfTask).join(', ')}, got one for "${card.task}".`,
      );
    }
    return write(card as never);
  });
  return [...HEADER, ...(rows.length > 0 ? rows : ['| – | – | – | – | – | – | – | – |'])].join('\n');
}

function networkRow(card: ModelCard): string {
  const { input } = card;
  const latest = card.history.at(-1);
  return row([
    `${card.id} ${card.version}`,
    'names every voxel of a head scan',
    `one scan, ${input.spacingMm} mm ${input.orientation}, sizes multiples of ${input.multipleOf}, percentiles ${input.intensity.low}–${input.intensity.high} to 0–1`,
    `probabilities of ${card.labels.length} labels`,
    card.licence,
    megabytes(card.bytes),
    `\`${card.sha256}\``,
    latest ? scores(latest.scores) : 'not measured',
  ]);
}

function generatorRow(card: GeneratorCard): string {
  const { space, input } = card;
  const latest = card.history.at(-1);
  return row([
    `${card.id} ${card.version}`,
    `makes a new face (method ${card.method})`,
    `${input.channels.join(', ')} on ${space.shape.join('×')} voxels of ${space.spacingMm} mm in average head ${space.averageHead}, ${input.layout === 'slices' ? 'sagittal slice by slice with its neighbours' : 'in one piece'}`,
    'tissue, 1 = brighter half of the brain',
    card.licence,
    megabytes(card.bytes),
    `\`${card.sha256}\``,
    latest ? scores(latest.scores) : 'not measured',
  ]);
}

function atlasRow(card: AtlasCard, task: string, output: string): string {
  const files = Object.values(card.files);
  return row([
    `${card.id} ${card.version}`,
    task,
    '–',
    output,
    card.licence,
    megabytes(files.reduce((sum, f) => sum + f.bytes, 0)),
    files.map((f) => `${f.name} \`${f.sha256.slice(0, 16)}…\``).join('<br>'),
    'see its card',
  ]);
}

/** Plain numbers of a card's newest entry; what is nested stays in the card. */
function scores(all: Readonly<Record<string, unknown>>): string {
  const plain = Object.entries(all).filter(([, v]) => typeof v === 'number');
  return [...plain.map(([name, v]) => `${name} ${v}`), 'more in its card'].join(', ');
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const row = (cells: readonly string[]) => `| ${cells.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`;

/** The page with its table replaced. @throws Error when the page has no marks for it */
export function withTable(page: string, table: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`Expected the marks "${BEGIN}" and "${END}" in the page.`);
  return `${page.slice(0, from + BEGIN.length)}\n\n${table}\n\n${page.slice(to)}`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const page = join('models', 'README.md');
  writeFileSync(page, withTable(readFileSync(page, 'utf8'), modelTable('models')));
}

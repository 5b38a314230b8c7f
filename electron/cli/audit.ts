import { parseArgs } from 'node:util';
import type { AuditReport, Estimate, RecognitionFigures } from '../../shared/risk/records.ts';
import { need, needOtherFiles } from './arguments.ts';
import type { Command } from './command.ts';
import { formatTable, type Output } from './output.ts';
import { type BatchClient, createBatchClient, type ProjectClient } from './project-client.ts';
import { writeTable } from './write-table.ts';

export const auditCommand: Command = {
  name: 'audit',
  usage: 'audit --project DIR [--current] [--tsv FILE] [--scans-tsv FILE] [--json]',
  summary: 'try to recognise the de-identified heads, and measure how far their faces moved',
  async run(args, output) {
    const { values } = parseArgs({
      args,
      options: {
        project: { type: 'string' },
        current: { type: 'boolean', default: false },
        tsv: { type: 'string' },
        'scans-tsv': { type: 'string' },
      },
    });
    needOtherFiles([], { '--tsv': values.tsv, '--scans-tsv': values['scans-tsv'] });
    const client = createBatchClient(output);
    try {
      await client.ask['project.open']({ dir: need(values.project, '--project DIR'), create: false });
      const audit = await auditAll(client, values.current ? 'current' : 'all', output);
      if (values.tsv) writeTable(values.tsv, (await client.ask['risk.export']({ what: 'methods' })).text);
      if (values['scans-tsv'])
        writeTable(values['scans-tsv'], (await client.ask['risk.export']({ what: 'scans' })).text);
      output.result(audit);
      return audit.finished && audit.state.states['at-risk'] + audit.state.states['cannot-tell'] === 0
        ? 0
        : 2;
    } finally {
      await client.close();
    }
  },
};

/** Runs an audit to its end and prints what it found. An audit that an earlier, killed process left open is ended first. */
export async function auditAll(client: BatchClient, attempts: 'current' | 'all', output: Output) {
  await client.followOpen();
  const whole =
    !client.interrupted &&
    (await client.follow((await client.ask['risk.start']({ attempts })).batchId)).cancelled === 0;
  const report = whole ? await client.ask['risk.report']({}) : null;
  const state = await client.ask['risk.state']({});
  const scans = await allScans(client);
  if (report) printReport(report, scans, output);
  else output.note('Cancelled: what was looked at is kept, and the next audit goes on from there.');
  return { finished: report !== null, state, report, scans };
}

async function allScans(client: ProjectClient) {
  const rows = [];
  for (let offset = 0; ; offset += 1000) {
    const page = await client.ask['risk.scans']({ offset, limit: 1000 });
    rows.push(...page.rows);
    if (offset + 1000 >= page.total) return rows;
  }
}

function printReport(report: AuditReport, scans: Awaited<ReturnType<typeof allScans>>, output: Output): void {
  output.text(
    formatTable(
      ['scan', 'subject', 'method', 'audit', 'why'],
      scans.map((s) => [s.seriesId, s.subjectLabel, s.method, s.state, s.reason]),
    ),
  );
  const rows = [
    ...report.upperBound.map((f) => ['untouched', ...recognitionCells(f), '', '', '', '']),
    ...report.methods.flatMap((m) =>
      (m.recognition.length > 0 ? m.recognition : [null]).map((f) => [
        m.method,
        ...recognitionCells(f),
        estimateCell(m.distance?.meanMm, 2),
        estimateCell(m.distance?.averageMeanMm, 2),
        estimateCell(m.morphometry.find((e) => e.engine === 'tissue-em')?.meanAbsPercent, 2),
        estimateCell(m.morphometry.find((e) => e.engine === 'regional')?.meanAbsPercent, 2),
      ]),
    ),
  ];
  output.text(
    formatTable(
      [
        'method',
        'network',
        'n',
        'face found',
        'rank-1',
        'rank-5',
        'AUC',
        'EER',
        "d'",
        'accepted',
        'mm from true',
        'average face',
        'tissue %',
        'regional %',
      ],
      rows,
    ),
  );
  output.text(report.sentence);
  for (const caveat of report.caveats) output.text(`- ${caveat}`);
}

function recognitionCells(f: RecognitionFigures | null): string[] {
  if (!f) return ['–', '', '', '', '', '', '', '', ''];
  return [
    f.network,
    String(f.probes),
    estimateCell(f.faceFound, 2),
    estimateCell(f.rank1, 2),
    estimateCell(f.rank5, 2),
    estimateCell(f.auc, 3),
    estimateCell(f.eer, 3),
    estimateCell(f.dPrime, 2),
    estimateCell(f.accepted, 2),
  ];
}

function estimateCell(e: Estimate | undefined, digits: number): string {
  if (!e || e.value === null) return '–';
  const value = e.value.toFixed(digits);
  return e.low === null || e.high === null
    ? value
    : `${value} [${e.low.toFixed(digits)}, ${e.high.toFixed(digits)}]`;
}

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { ShareFormat } from '../../shared/share/records.ts';
import { UserError } from '../dispatch.ts';
import { exitCodeOf, need } from './arguments.ts';
import type { Command } from './command.ts';
import { formatTable, type Output } from './output.ts';
import { type BatchClient, createBatchClient } from './project-client.ts';

export const shareCommand: Command = {
  name: 'share',
  usage: 'share --project DIR --share DIR [--formats bids,dicom] [--json]',
  summary: 'write a checked share of every scan that may leave, with a receipt',
  async run(args, output) {
    const { values } = parseArgs({
      args,
      options: { project: { type: 'string' }, share: { type: 'string' }, formats: { type: 'string' } },
    });
    const client = createBatchClient(output);
    try {
      await client.ask['project.open']({ dir: need(values.project, '--project DIR'), create: false });
      const outcome = await writeShareTo(
        client,
        need(values.share, '--share DIR'),
        parseFormats(values.formats),
        output,
      );
      output.result(outcome);
      if (!outcome.ok) return outcome.cancelled ? 2 : 1;
      const { counts } = await client.ask['catalog.list']({ limit: 1 });
      return exitCodeOf(counts);
    } finally {
      await client.close();
    }
  },
};

export function parseFormats(text: string | undefined): ShareFormat[] {
  const formats = (text ?? 'bids,dicom')
    .split(',')
    .map((f) => f.trim())
    .filter(Boolean);
  const wrong = formats.filter((f) => f !== 'bids' && f !== 'dicom');
  if (wrong.length > 0 || formats.length === 0) {
    throw new UserError('bad-arguments', `Expected --formats bids,dicom or one of them; got "${text}".`);
  }
  return formats as ShareFormat[];
}

const CANCELLED = 'The share was cancelled.';

export async function writeShareTo(client: BatchClient, dir: string, formats: ShareFormat[], output: Output) {
  const target = resolve(dir);
  const missed = { ok: false as const, dir: target, receipt: null };
  if (client.interrupted) return { ...missed, cancelled: true, shareId: null, error: CANCELLED };
  const { batchId, shareId } = await client.ask['share.start']({ dir: target, formats });
  const batch = await client.follow(batchId);
  if (batch.failed > 0 || batch.cancelled > 0) {
    const [job] = await client.ask['jobs.list']({ batchId });
    const error = job?.error || CANCELLED;
    output.note(error);
    return { ...missed, cancelled: batch.failed === 0, shareId, error };
  }
  const { receipt } = await client.ask['share.receipt']({ shareId });
  output.text(
    `Shared ${receipt.scans.length} scans (${receipt.files} files) to ${target}; ${receipt.held.length} held back.`,
  );
  output.text(
    formatTable(
      ['check', 'state', 'evidence'],
      receipt.checks.map((c) => [c.label, c.state, c.evidence]),
    ),
  );
  output.text(`Receipt: ${resolve(target, 'refacade-receipt.html')}`);
  const ok = receipt.leaks.length === 0 && receipt.checks.every((c) => c.state !== 'failed');
  const error = ok ? '' : 'A check failed; see the receipt.';
  return { ok, cancelled: false, shareId, dir: target, error, receipt };
}

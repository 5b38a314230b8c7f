import type { MethodInfo } from '../../shared/deidentify/records.ts';
import type { ModelSummary } from '../../shared/models/records.ts';
import { listMethods } from '../deidentify/batch-handlers.ts';
import { listModels } from '../models/installed-models.ts';
import type { Command } from './command.ts';
import { modelFoldersHere } from './models.ts';
import { formatTable } from './output.ts';

export const methodsCommand: Command = {
  name: 'methods',
  usage: 'methods [--json]',
  summary: 'list the face methods that this build has',
  async run(_args, output) {
    const models = await listModels(modelFoldersHere());
    const methods = listMethods(models);
    output.text(
      formatTable(
        ['method', 'kind', 'what it does'],
        methods.map((m) => [m.id, m.kind, m.summary]),
      ),
    );
    for (const m of methods) {
      const lines = [
        ...(m.caution ? [m.caution] : []),
        ...modelLines(m, models),
        ...(m.unavailable ? [`Cannot be used here: ${m.unavailable}`] : []),
      ];
      if (lines.length > 0) output.text(`\n${m.id}: ${lines.join('\n  ')}`);
    }
    output.result({ methods, models });
    return 0;
  },
};

/** The main lines of the card of the generator that a method runs on. */
export function modelLines(method: MethodInfo, models: readonly ModelSummary[]): string[] {
  const model = models.find((m) => m.id === method.model);
  if (!model) return [];
  const packs = models.filter((m) => m.origin === 'pack' && m.method === method.id);
  return [
    `Model ${model.id} ${model.version}, ${(model.bytes / 1e6).toFixed(1)} MB, ${model.licence}: ${model.description}`,
    ...(model.trainingData.length > 0
      ? [`Learned from ${model.trainingData.map((d) => d.name).join('; ')}`]
      : []),
    ...model.scores.slice(0, 6).map((s) => `${s.name}: ${s.value}${s.how ? ` (${s.how})` : ''}`),
    ...model.limitations.map((text) => `Limit: ${text}`),
    ...(packs.length > 0 ? [`Packs for it: ${packs.map((p) => `${p.id} ${p.version}`).join(', ')}`] : []),
  ];
}

import type { ModelSummary } from '../../shared/models/records.ts';
import { UserError } from '../dispatch.ts';
import type { FaceMethod, ParamValue } from './face/face-method.ts';

/** What a method needs of the models, as far as it says. */
type Needs = Pick<FaceMethod, 'id' | 'title' | 'needsAverage' | 'model'>;

/**
 * Why a method cannot be used in this installation; empty when it can.
 *
 * @param model the generator to use; the method's own unless told otherwise
 */
export function whyUnavailable(
  method: Needs,
  models: readonly ModelSummary[],
  model: string | undefined = method.model,
): string {
  const needed = [
    ...(method.needsAverage ? ['average-head'] : []),
    ...(method.model === undefined ? [] : ['face-shapes', model ?? method.model]),
  ];
  for (const id of needed) {
    const found = models.find((m) => m.id === id);
    if (!found) {
      return `${method.title} needs the model ${id}, which this installation does not have.`;
    }
    if (found.state === 'damaged') {
      return `${method.title} needs the model ${id}, which is damaged: ${found.reason}`;
    }
  }
  const chosen = models.find((m) => m.id === model);
  if (chosen && chosen.method !== method.id) {
    return `${method.title} needs a generator for ${method.id}, got ${chosen.id}, which is for ${chosen.method ?? 'something else'}.`;
  }
  return '';
}

/**
 * Stops a batch before it starts with a method that cannot work here.
 *
 * @param params the policy's for this method; `model` in them names another generator
 * @throws UserError `method-unavailable`
 */
export function needUsableMethod(
  method: Needs,
  params: Readonly<Record<string, ParamValue>>,
  models: readonly ModelSummary[],
): void {
  const named = params.model;
  const model = typeof named === 'string' && named !== '' ? named : undefined;
  const why = whyUnavailable(
    method,
    models,
    method.model === undefined ? undefined : (model ?? method.model),
  );
  if (why === '') return;
  throw new UserError(
    'method-unavailable',
    why,
    'Choose another method, or bring the model back: install again, or add its pack (refacade models add).',
  );
}

import type { z } from 'zod';
import type { deidentifyContract } from '../../shared/deidentify/contract.ts';
import { makePictures, makeVerdict } from './fake-data.ts';

type Preview = (typeof deidentifyContract)['deidentify.previewFace'];

/** Share of the face surface moved and seconds of the method alone, invented; `failed` needs review. */
const METHODS: Readonly<Record<string, readonly [share: number, seconds: number]>> = {
  template: [0.78, 6.1],
  'pix2pix-2.5d': [0.84, 4.6],
  'cgan-3d': [0.86, 8.3],
  'mask-out': [0.91, 1.9],
  blur: [0.46, 7.4],
  quickshear: [0.88, 1.2],
};

/** Rows of the made-up catalog with these states. */
const PASSED_ROW = 6;
const DOUBTFUL_ROW = 1;

/**
 * One method tried on one scan.
 *
 * @param troubled one method breaks down and another never ends, as on a machine in trouble
 */
export async function makeFacePreview(
  { seriesId, method = 'template', seed = 1 }: z.output<Preview['input']>,
  troubled: boolean,
): Promise<z.output<Preview['output']>> {
  if (troubled && method === 'mask-out') {
    throw Object.assign(
      new Error('Expected the average head at models/average-head, but its file surface.nii.gz is missing.'),
      { fix: 'Install Refacade again, or use another method.' },
    );
  }
  if (troubled && method === 'blur') await new Promise((done) => setTimeout(done, 600_000).unref());
  const [share, methodSeconds] = METHODS[method] ?? [0.8, 5];
  const doubtful = share < 0.5;
  const verdict = makeVerdict(doubtful ? DOUBTFUL_ROW : PASSED_ROW);
  return {
    method,
    seed,
    verdict: {
      ...verdict,
      reason: doubtful
        ? 'Only 46 % of the face surface changed; the limit is 65 %.'
        : `Brain kept, ${Math.round(100 * share)} % of the face surface changed.`,
      numbers: verdict.numbers.map((n) =>
        n.name === 'faceSurfaceChanged' ? { ...n, value: share, limit: '≥ 0.65' } : n,
      ),
    },
    pictures: makePictures(`preview-${seriesId}-${method}`, ['three-quarter']),
    seconds: methodSeconds + 7.1,
    methodSeconds,
    batchSecondsEstimate: 5400,
  };
}

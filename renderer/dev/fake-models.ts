import type { modelsContract } from '../../shared/models/contract.ts';
import type { ModelSummary } from '../../shared/models/records.ts';
import type { Handlers } from '../../shared/rpc.ts';

/** Made-up cards: as long as real ones, so that the screens are tried with what they must hold. The figures are invented. */
const IXI = {
  name: 'IXI',
  licence: 'CC BY-SA 3.0',
  attribution: 'Information eXtraction from Images, EPSRC GR/S21533/02, brain-development.org',
  use: '412 T1-weighted heads of adults, three scanners',
};
const SYNTHETIC = {
  name: 'Synthetic heads from label maps',
  licence: 'Apache-2.0',
  attribution: 'made by models/training/headseg',
  use: '2,000 heads with random contrast and resolution',
};
const SHA = '3c93ddf824dd6d175bec30a5c279b11872de96c771bae1f6b356dd6d92d16ed6';

const SEGMENTER: ModelSummary = {
  id: 'headseg',
  version: '1.0.0',
  task: 'head-segmentation',
  method: null,
  title: 'Head segmentation',
  description:
    'Names every 2 mm voxel of a head scan: brain structures left and right, ventricles, fluid, eyes, skull, cavities, soft tissue, air.',
  reference: '',
  licence: 'CC BY-SA 3.0 (share alike: trained on IXI)',
  trainingData: [IXI, SYNTHETIC],
  scores: [
    { name: 'Brain Dice, IXI', value: '0.980', how: '59 heads never trained on, against FreeSurfer labels' },
    { name: 'Subcortical Dice, IXI', value: '0.862', how: 'the same heads, mean of 15 structures' },
  ],
  limitations: ['Heads of adults.', 'Lesions and resections were not in the training data.'],
  bytes: 6_218_147,
  sha256: SHA,
  origin: 'shipped',
  state: 'ready',
  reason: '',
};

function generator(id: string, method: string, title: string, reference: string): ModelSummary {
  return {
    id,
    version: '1.0.0',
    task: 'face-generation',
    method,
    title,
    description:
      'Makes a face for a head whose face was taken away. The seed decides which one; the person’s own face is never its input.',
    reference,
    licence: 'CC BY-SA 3.0 (share alike: trained on IXI)',
    trainingData: [IXI, SYNTHETIC],
    scores: [
      {
        name: 'Distance to the true face',
        value: '2.31 mm (average face: 2.18 mm)',
        how: '50 IXI people never trained on, mean over the front of the face; paired Wilcoxon p = 0.04',
      },
      { name: 'Distance to the nearest training face', value: '1.94 mm', how: 'the same 50 faces' },
      { name: 'Rank-1 of the audit', value: '4 % (chance: 2 %)', how: '50 people, Human, render to render' },
      { name: 'A face is found', value: '97 % of the renders', how: '250 renders of the same people' },
      {
        name: 'Seam found by a detector',
        value: 'AUC 0.53',
        how: 'patches at the border, 20 people held out',
      },
    ],
    limitations: [
      'Trained on T1-weighted heads of adults at 1 mm to 3 mm; other contrasts take their brightness from the scan.',
      'The skin is smoother than a real one where the scan is finer than 1 mm.',
      'Ears are generated together with the face and may be less sharp than the rest.',
    ],
    bytes: 14_812_004,
    sha256: '9f0c2f6d1f24be8a1a7c7ae5ab01cf2d1d9c3c9c1f0f9b8f1b8a0a3a2f7b6c5d',
    origin: 'shipped',
    state: 'ready',
    reason: '',
  };
}

const AVERAGE: ModelSummary = {
  ...SEGMENTER,
  id: 'average-head',
  version: '1.1.0',
  task: 'average-head',
  method: 'template',
  title: 'Average head',
  description:
    'Mean of 129 heads at 2 mm, with the surface, the regions of the face and how much people differ.',
  trainingData: [{ ...IXI, use: '129 heads' }],
  scores: [],
  limitations: ['Adults of 20 to 86 years, from three hospitals in London.'],
  bytes: 4_311_220,
};

const PACK: ModelSummary = {
  ...generator('site-a-t2-faces', 'cgan-3d', 'T2 faces of site A', 'Internal report 14, 2026'),
  version: '0.3.0',
  description: 'The 3-D generator trained further on 220 T2-weighted heads of site A.',
  licence: 'for use at site A only',
  origin: 'pack',
};

export const INSPECTED: ModelSummary = { ...PACK, version: '0.4.0' };
const DAMAGED =
  'Expected SHA-256 9f0c2f6d1f24be8a… of model.onnx, got 51aa03e97b1c44d0…: the file is damaged or not the one its card describes. Install Refacade again.';

/** @param damaged id of a model that is not what its card says */
export function makeModels(damaged: string | null): ModelSummary[] {
  return [
    SEGMENTER,
    AVERAGE,
    generator('pix2pix-2.5d', 'pix2pix-2.5d', 'Generated face, slice by slice', 'Huelnhagen et al.'),
    generator('cgan-3d', 'cgan-3d', 'Generated face, in 3-D', 'Molchanova et al.'),
    PACK,
  ].map((model) => (model.id === damaged ? { ...model, state: 'damaged' as const, reason: DAMAGED } : model));
}

/** A folder with `broken` in its name holds a pack that is refused. */
export function modelAnswers(damaged: string | null): Handlers<typeof modelsContract> {
  return {
    'models.list': () => makeModels(damaged),
    'models.inspectPack': ({ folder }) =>
      folder.includes('broken')
        ? {
            model: null,
            problems: [
              'Expected "licence" in card.json, found none: nobody could say under which terms its faces may be shared.',
              'Expected 14,812,004 bytes in model.onnx, got 9,441,280: it is cut short or of another version.',
              'Expected one output "face" of float32 [1, 1, x, y, z], got "logits" of float32 [1, 37, x, y, z].',
            ],
          }
        : { model: INSPECTED, problems: [] },
    'models.addPack': () => INSPECTED,
    'models.removePack': () => ({ removed: true }),
  };
}

import type { MethodInfo } from '../../shared/deidentify/records.ts';

/** Made-up entries of the method list, in the words the real ones use. */
const mm = (name: string, label: string, meaning: string, min: number, max: number) => ({
  name,
  label,
  unit: 'mm',
  meaning,
  min,
  max,
  region: false,
});
const REGIONS = [
  ['face', 'Face', 'Eyes, nose, cheeks and chin with the air in front.'],
  ['mouth', 'Mouth and teeth', 'Lips, teeth and palate.'],
  ['ears', 'Ears', 'Both outer ears with the air beside them.'],
  ['forehead', 'Forehead', 'Skin of the forehead above the brow.'],
  ['wrap', 'Air behind and around', 'Air away from the head, where a nose may have wrapped around.'],
].map(([name, label, meaning]) => ({
  name: name ?? '',
  label: label ?? '',
  unit: '',
  meaning: meaning ?? '',
  min: null,
  max: null,
  region: true,
}));
const switches = { face: true, mouth: true, ears: true, forehead: false, wrap: true };

const METHODS: readonly MethodInfo[] = [
  {
    id: 'template',
    kind: 'reface',
    title: 'Average face',
    summary:
      'Replaces face and ears by those of an average head, matched to the scan in brightness and noise.',
    reference: 'The idea of mri_reface (Schwarz et al. 2021) and afni_refacer',
    caution:
      'On contrasts other than T1-weighted the tissue of the new face is only ranked like the scan’s: it looks less natural there.',
    version: '1.0.0',
    model: null,
    unavailable: '',
    defaults: { ...switches, seamMm: 14, varyMm: 2 },
    params: [
      ...REGIONS,
      mm('seamMm', 'Width of the seam', 'The own skin turns into the average one over this distance.', 4, 30),
      mm(
        'varyMm',
        'Variation of the shape',
        'Random swelling and sinking of the new face by the seed.',
        0,
        5,
      ),
    ],
  },
  {
    id: 'pix2pix-2.5d',
    kind: 'reface',
    title: 'Generated face, slice by slice',
    summary:
      'A network paints a new face into the emptied region, slice by slice in three directions, and the results are averaged.',
    reference: 'Huelnhagen et al.: 2.5-D Pix2Pix for refacing',
    caution: 'Trained on T1-weighted heads of adults; look at every scan of children or of another contrast.',
    version: '1.0.0',
    model: 'pix2pix-2.5d',
    unavailable: '',
    defaults: { ...switches, seamMm: 8 },
    params: [
      ...REGIONS,
      mm('seamMm', 'Width of the seam', 'The own skin turns into the new one over this distance.', 4, 30),
    ],
  },
  {
    id: 'cgan-3d',
    kind: 'reface',
    title: 'Generated face, in 3-D',
    summary:
      'A 3-D network makes a new face for the emptied region from the rest of the head and from the seed.',
    reference: 'Molchanova et al.: 3-D conditional GAN from a defaced scan to a new face',
    caution: 'Trained on T1-weighted heads of adults; look at every scan of children or of another contrast.',
    version: '1.0.0',
    model: 'cgan-3d',
    unavailable: '',
    defaults: { ...switches, seamMm: 8, model: 'cgan-3d' },
    params: [
      ...REGIONS,
      mm('seamMm', 'Width of the seam', 'The own skin turns into the new one over this distance.', 4, 30),
      {
        name: 'model',
        label: 'Network',
        unit: '',
        meaning: 'Which of the networks for this method makes the face.',
        min: null,
        max: null,
        region: false,
      },
    ],
  },
  {
    id: 'mask-out',
    kind: 'deface',
    title: 'Mask out',
    summary: 'Empties the face, and ears or forehead if wanted, where the average head has them.',
    reference: 'The idea of pydeface and fsl_deface',
    caution: 'Removed faces can be regrown by published attacks.',
    version: '1.0.0',
    model: null,
    unavailable: '',
    defaults: { ...switches, growMm: 0 },
    params: [
      ...REGIONS,
      mm('growMm', 'Grow the regions by', 'More takes away more around the regions.', 0, 20),
    ],
  },
  {
    id: 'blur',
    kind: 'blur',
    title: 'Blur',
    summary: 'Smooths the outer layer of the face along the skin, so that a face without features is left.',
    reference: 'Milchenko & Marcus 2013',
    caution: 'Published attacks undo blur: a blurred face can be restored better than a removed one.',
    version: '1.0.0',
    model: null,
    unavailable: '',
    defaults: { ...switches, ears: false, smoothMm: 20, layerMm: 24 },
    params: [
      ...REGIONS,
      mm('smoothMm', 'Smoothing along the skin', 'Features smaller than about twice this vanish.', 4, 30),
      mm('layerMm', 'Thickness of the layer', 'Tissue deeper than this stays as it is.', 6, 60),
    ],
  },
  {
    id: 'quickshear',
    kind: 'deface',
    title: 'Quickshear',
    summary: 'Cuts off the face with one flat plane that keeps a chosen distance from the brain.',
    reference: 'Schimke & Hale 2011',
    caution: 'Removed faces can be regrown by published attacks. Forehead and ears remain.',
    version: '1.0.0',
    model: null,
    unavailable: '',
    defaults: { bufferMm: 10 },
    params: [
      mm('bufferMm', 'Distance from the brain', 'Smaller takes more of the face and comes closer.', 2, 40),
    ],
  },
];

/** @param damaged a method whose model cannot be used */
export function makeMethods(damaged: string | null): MethodInfo[] {
  return METHODS.map((method) =>
    method.id === damaged
      ? {
          ...method,
          unavailable: 'Its model cgan-3d is damaged: its weights are not the ones the card describes.',
        }
      : method,
  );
}

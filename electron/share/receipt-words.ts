import type { ShareReceipt } from '../../shared/share/records.ts';
import { product } from './product.ts';
import { mainNumberLabels } from './scan-numbers.ts';

/** A receipt of nobody that brings every fixed sentence onto the page. */
export const everyWord: ShareReceipt = {
  id: '',
  product: product.name,
  version: product.version,
  createdAt: '',
  policyName: '',
  formats: ['bids', 'dicom'],
  scans: [
    {
      seriesId: 0,
      subjectLabel: '',
      sessionLabel: '',
      kind: '',
      method: '',
      verdict: '',
      override: ' ',
      files: 0,
      bytes: 0,
      formats: ['bids', 'dicom'],
      notes: [],
      numbers: mainNumberLabels.map((label) => ({ name: '', label, value: null, unit: '', ok: null })),
      volumeChanges: [{ structure: '', percentChange: 0 }],
      pictures: [
        { view: 'front', path: '' },
        { view: 'sagittal', path: '' },
      ],
    },
  ],
  held: [],
  checks: [],
  leaks: [],
  cohort: { engine: '', compared: 0, failed: 0, over5Percent: 0, structures: [] },
  files: 0,
  bytes: 0,
};

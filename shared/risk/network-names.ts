import type { FaceNetwork } from './records.ts';

/** What each network is called on screen and in a receipt. */
export const NETWORK_NAMES: Readonly<Record<FaceNetwork, string>> = {
  human: 'Human',
  'face-api': 'face-api',
};

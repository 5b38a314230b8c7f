import type { FaceNetwork } from '../../shared/risk/records.ts';

/** What each network is called on screen. */
export const NETWORK_NAMES: Readonly<Record<FaceNetwork, string>> = {
  human: 'Human',
  'face-api': 'face-api',
};

/** Which networks a table or a plot shows. */
export type NetworkChoice = FaceNetwork | 'both';

import type { FaceNetwork } from '../../shared/risk/records.ts';

/** Which networks a table or a plot shows. */
export type NetworkChoice = FaceNetwork | 'both';

import { catalogContract } from './catalog/contract.ts';
import { deidentifyContract } from './deidentify/contract.ts';
import { importContract } from './import/contract.ts';
import { jobsContract } from './jobs/contract.ts';
import { modelsContract } from './models/contract.ts';
import { morphometryContract } from './morphometry/contract.ts';
import { projectContract } from './project/contract.ts';
import { reviewContract } from './review/contract.ts';
import { riskContract } from './risk/contract.ts';
import { defineContract } from './rpc.ts';
import { shareContract } from './share/contract.ts';

/** Everything a screen or a command may ask the main process. */
export const appContract = defineContract({
  ...projectContract,
  ...importContract,
  ...catalogContract,
  ...deidentifyContract,
  ...reviewContract,
  ...morphometryContract,
  ...modelsContract,
  ...riskContract,
  ...shareContract,
  ...jobsContract,
});
export type AppContract = typeof appContract;

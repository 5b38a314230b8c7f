import { deidentifyTasks } from '../deidentify/tasks.ts';
import { importTasks } from '../import/tasks.ts';
import { morphometryTasks } from '../morphometry/tasks.ts';
import { reviewTasks } from '../review/tasks.ts';
import { riskTasks } from '../risk/tasks.ts';
import { shareTasks } from '../share/tasks.ts';

/** Every piece of work that may run in the pool, by name. */
export const allTasks = {
  ...importTasks,
  ...deidentifyTasks,
  ...reviewTasks,
  ...morphometryTasks,
  ...riskTasks,
  ...shareTasks,
};

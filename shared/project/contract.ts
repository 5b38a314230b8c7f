import { z } from 'zod';
import { stateCounts } from '../catalog/records.ts';
import { defineContract } from '../rpc.ts';

export const stepId = z.enum(['import', 'deidentify', 'review', 'impact', 'audit', 'share']);
export const projectSummary = z.object({
  dir: z.string(),
  name: z.string(),
  createdAt: z.string(),
  subjects: z.number(),
  sessions: z.number(),
  series: z.number(),
  problems: z.number(),
  counts: stateCounts,
  steps: z.array(z.object({ id: stepId, done: z.number(), waiting: z.number(), failed: z.number() })),
  /** The next sensible action, for the one marked button. */
  next: z.object({ step: stepId, label: z.string() }),
  policyName: z.string(),
});
export type ProjectSummary = z.infer<typeof projectSummary>;

export const folderEntry = z.object({ name: z.string(), path: z.string(), directory: z.boolean() });

export const projectContract = defineContract({
  /** The open project, or null when none is open. */
  'project.current': { input: z.object({}), output: projectSummary.nullable() },
  'project.open': {
    input: z.object({ dir: z.string().min(1), create: z.boolean().default(false) }),
    output: projectSummary,
  },
  'project.recent': {
    input: z.object({}),
    output: z.array(
      z.object({ dir: z.string(), name: z.string(), openedAt: z.string(), exists: z.boolean() }),
    ),
  },
  /** Server-side folder browser for the browser door; `dir` empty means the user's home. */
  'project.browse': {
    input: z.object({ dir: z.string().default('') }),
    output: z.object({ dir: z.string(), parent: z.string().nullable(), entries: z.array(folderEntry) }),
  },
  /** Who is sitting here; recorded with every decision. */
  'project.settings': {
    input: z.object({}),
    output: z.object({ reviewer: z.string(), policyName: z.string() }),
  },
  'project.saveSettings': {
    input: z.object({ reviewer: z.string().optional(), policyName: z.string().optional() }),
    output: z.object({ reviewer: z.string(), policyName: z.string() }),
  },
  /** `inference` runs the network's self-test and may take seconds; `machine` is everything else. */
  'project.doctor': {
    input: z.object({ part: z.enum(['all', 'machine', 'inference']).default('all') }),
    output: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  },
});

import { z } from 'zod';
import { defineContract } from '../rpc.ts';
import { auditReport, auditState, scanAudit } from './records.ts';

export const riskContract = defineContract({
  /** Where the audit stands; counts are of current derivatives. */
  'risk.state': {
    input: z.object({}),
    output: z.object({
      /** The face networks are in this build. */
      available: z.boolean(),
      scans: z.number(),
      /** Not audited yet, or edited again since. */
      waiting: z.number(),
      states: z.object({ safe: z.number(), 'at-risk': z.number(), 'cannot-tell': z.number() }),
      /** Scans were de-identified, or originals imported, after the last audit. */
      stale: z.boolean(),
    }),
  },
  /** Looks at every scan that has a de-identified version; what was looked at before is taken from the cache. */
  'risk.start': {
    input: z.object({
      /** `current`: the attempt that a share would take; `all`: one of every method, that one or else the newest. */
      attempts: z.enum(['current', 'all']).default('all'),
    }),
    output: z.object({ batchId: z.string(), scans: z.number() }),
  },
  /** The last audit of the project; null before the first. */
  'risk.report': { input: z.object({}), output: auditReport.nullable() },
  /** Audited scans, the worst first. */
  'risk.scans': {
    input: z.object({
      method: z.string().default(''),
      states: z.array(auditState).default([]),
      offset: z.number().int().min(0).default(0),
      limit: z.number().int().min(1).max(1000).default(200),
    }),
    output: z.object({
      total: z.number(),
      counts: z.object({ safe: z.number(), 'at-risk': z.number(), 'cannot-tell': z.number() }),
      rows: z.array(scanAudit),
    }),
  },
  'risk.scan': { input: z.object({ derivativeId: z.number() }), output: scanAudit.nullable() },
  /** Tab-separated: one row per audited scan, or one per method with every figure and interval. */
  'risk.export': {
    input: z.object({ what: z.enum(['scans', 'methods']).default('scans') }),
    output: z.object({ fileName: z.string(), text: z.string() }),
  },
});

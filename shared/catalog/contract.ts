import { z } from 'zod';
import { derivative } from '../deidentify/records.ts';
import { scanState } from '../import/records.ts';
import { measurement } from '../morphometry/records.ts';
import { reviewRecord } from '../review/records.ts';
import { defineContract } from '../rpc.ts';
import { seriesProblem, seriesRow, stateCounts } from './records.ts';

export const catalogContract = defineContract({
  /** One page of the series table; `total` counts every match, `counts` every state under the same search. */
  'catalog.list': {
    input: z.object({
      search: z.string().default(''),
      states: z.array(scanState).default([]),
      quarantine: z.string().default(''),
      sort: z.enum(['subject', 'kind', 'state', 'description', 'id']).default('subject'),
      descending: z.boolean().default(false),
      offset: z.number().int().min(0).default(0),
      limit: z.number().int().min(1).max(1000).default(200),
    }),
    output: z.object({ total: z.number(), counts: stateCounts, rows: z.array(seriesRow) }),
  },
  'catalog.series': {
    input: z.object({ id: z.number() }),
    output: z.object({
      row: seriesRow,
      problems: z.array(seriesProblem),
      derivatives: z.array(derivative),
      reviews: z.array(reviewRecord),
      measurements: z.array(
        measurement.extend({
          derivativeId: z.number().nullable(),
          /** From the original; null for the original itself, where it has no such structure, or was measured in another way. */
          percentChange: z.number().nullable(),
        }),
      ),
      attributes: z.array(z.object({ name: z.string(), value: z.string() })),
      /** Paths relative to the source folder, first 20. */
      files: z.array(z.string()),
    }),
  },
  'catalog.problems': {
    input: z.object({
      offset: z.number().default(0),
      limit: z.number().max(1000).default(200),
      search: z.string().default(''),
    }),
    output: z.object({ total: z.number(), rows: z.array(seriesProblem) }),
  },
});

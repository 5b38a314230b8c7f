import { z } from 'zod';
import { picture } from '../review/records.ts';
import { defineContract } from '../rpc.ts';
import { headerChange, methodInfo, policy, scanSession, verdict } from './records.ts';

export const deidentifyContract = defineContract({
  'deidentify.policies': { input: z.object({}), output: z.array(policy.extend({ builtIn: z.boolean() })) },
  'deidentify.savePolicy': { input: z.object({ policy }), output: policy },
  'deidentify.deletePolicy': {
    input: z.object({ name: z.string() }),
    output: z.object({ deleted: z.boolean() }),
  },
  /** A policy as the text of one file, and back; a wrong file is refused with the line that is wrong. */
  'deidentify.exportPolicy': {
    input: z.object({ name: z.string() }),
    output: z.object({ text: z.string() }),
  },
  'deidentify.importPolicy': { input: z.object({ text: z.string() }), output: policy },
  'deidentify.methods': { input: z.object({}), output: z.array(methodInfo) },
  /** The session a series belongs to, and its leading scan. */
  'deidentify.session': { input: z.object({ seriesId: z.number() }), output: scanSession },
  /** Makes a scan the leading one of its session; null gives the choice back to the rule. */
  'deidentify.setPrimary': {
    input: z.object({ studyId: z.number(), seriesId: z.number().nullable() }),
    output: z.object({ primary: z.number().nullable() }),
  },
  /** What will happen to every attribute of this series. Writes nothing. */
  'deidentify.previewHeader': {
    input: z.object({ seriesId: z.number(), policy: z.string() }),
    output: z.object({ changes: z.array(headerChange), fileName: z.string() }),
  },
  /** Runs the method on one scan into a preview folder; nothing enters the catalog. */
  'deidentify.previewFace': {
    input: z.object({
      seriesId: z.number(),
      policy: z.string(),
      method: z.string().optional(),
      seed: z.number().int().nonnegative().optional(),
    }),
    output: z.object({
      /** The method that ran: another than the one asked for where a scan has a few slices only. */
      method: z.string(),
      seed: z.number(),
      verdict,
      /** Those of a review item, and the surface in a three-quarter view. */
      pictures: z.array(picture),
      seconds: z.number(),
      /** Of these, the method alone: without reading the scan, finding the head and making the pictures. */
      methodSeconds: z.number(),
      batchSecondsEstimate: z.number(),
    }),
  },
  'deidentify.start': {
    input: z.object({
      /** Empty means every queued scan. */
      seriesIds: z.array(z.number()).default([]),
      policy: z.string(),
      method: z.string().optional(),
      seed: z.number().optional(),
      /** Measure original and edited scans as part of the batch. */
      measure: z.boolean().default(true),
    }),
    output: z.object({ batchId: z.string(), scans: z.number() }),
  },
  'deidentify.crosswalk': {
    input: z.object({}),
    output: z.object({ state: z.enum(['open', 'encrypted', 'cut']), subjects: z.number() }),
  },
  /** Encrypts the pseudonym key and crosswalk under a passphrase. */
  'deidentify.encryptCrosswalk': {
    input: z.object({ passphrase: z.string().min(8) }),
    output: z.object({ state: z.string() }),
  },
  'deidentify.unlockCrosswalk': {
    input: z.object({ passphrase: z.string() }),
    output: z.object({
      rows: z.array(
        z.object({
          subjectLabel: z.string(),
          patientId: z.string(),
          patientName: z.string(),
          shiftDays: z.number(),
        }),
      ),
    }),
  },
  /** Destroys key and crosswalk; pseudonyms can never be traced back. Needs the words typed. */
  'deidentify.cutAllTies': {
    input: z.object({ confirm: z.literal('cut all ties') }),
    output: z.object({
      state: z.string(),
      /** Paths within the project of files that still name a subject or a source folder, for a person to look at. */
      filesStillIdentifying: z.array(z.string()),
    }),
  },
});

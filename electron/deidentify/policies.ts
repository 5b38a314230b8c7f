import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import {
  type Policy,
  policy as policySchema,
  ps315Options,
  verdictLimits,
} from '../../shared/deidentify/records.ts';
import { auditLimits } from '../../shared/risk/records.ts';
import { FaceParameterError, faceMethod, faceParams, UnknownFaceMethodError } from './face/methods.ts';
import { overrideTag } from './header/ps315.ts';
import basic from './policies/basic.json' with { type: 'json' };
import internal from './policies/internal.json' with { type: 'json' };
import longitudinalResearch from './policies/longitudinal-research.json' with { type: 'json' };
import strict from './policies/strict.json' with { type: 'json' };

/** A policy file that cannot be used; the message names line and field. */
export class PolicyError extends Error {
  override name = 'PolicyError';
}

export type ListedPolicy = Policy & { builtIn: boolean };

/** Policies that come with the application by the name of their file, the default first. */
const builtInFiles: Readonly<Record<string, Policy>> = {
  basic: policySchema.parse(basic),
  strict: policySchema.parse(strict),
  'longitudinal-research': policySchema.parse(longitudinalResearch),
  internal: policySchema.parse(internal),
};
const builtIns = Object.values(builtInFiles);

/** Built-in policies, then the project's own by name. A file that is no policy is left out of the list. */
export function listPolicies(projectDir: string): ListedPolicy[] {
  const own: ListedPolicy[] = [];
  const dir = policiesDir(projectDir);
  for (const file of existsSync(dir)
    ? readdirSync(dir)
        .filter((f) => f.endsWith('.json'))
        .sort()
    : []) {
    try {
      const policy = parsePolicy(readFileSync(join(dir, file), 'utf8'));
      if (!isBuiltIn(policy.name)) own.push({ ...policy, builtIn: false });
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
    }
  }
  own.sort((a, b) => a.name.localeCompare(b.name));
  return [...builtIns.map((p) => ({ ...p, builtIn: true })), ...own];
}

/**
 * A policy by name in any case, or a built-in one by the name of its file (`basic`), as the command line writes it.
 *
 * @throws PolicyError when no policy has that name
 */
export function getPolicy(projectDir: string, name: string): Policy {
  const all = listPolicies(projectDir);
  const wanted = name.trim().toLowerCase();
  const found = all.find((p) => p.name === name) ?? all.find((p) => p.name.toLowerCase() === wanted);
  if (found) {
    const { builtIn: _, ...policy } = found;
    return policy;
  }
  const byFile = builtInFiles[wanted];
  if (byFile) return byFile;
  throw new PolicyError(`There is no policy "${name}". Known are ${all.map((p) => p.name).join(', ')}.`);
}

/**
 * Writes a policy of the project's own, replacing one of the same name.
 *
 * @throws PolicyError for the name of a built-in one, or for contents that cannot be used
 */
export function savePolicy(projectDir: string, policy: Policy): Policy {
  if (isBuiltIn(policy.name))
    throw new PolicyError(`"${policy.name}" is a built-in policy. Save yours under another name.`);
  const checked = parsePolicy(JSON.stringify(policy, null, 2));
  const dir = policiesDir(projectDir);
  mkdirSync(dir, { recursive: true });
  const path = fileOf(projectDir, checked.name) ?? freeFile(dir, checked.name);
  const partial = `${path}.partial`;
  const file = openSync(partial, 'w');
  try {
    writeSync(file, policyText(checked));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(partial, path);
  return checked;
}

/** @throws PolicyError for a built-in one */
export function deletePolicy(projectDir: string, name: string): boolean {
  if (isBuiltIn(name)) throw new PolicyError(`"${name}" is a built-in policy and cannot be deleted.`);
  const path = fileOf(projectDir, name);
  if (path) rmSync(path);
  return path !== undefined;
}

/** The text of one readable file. */
export function policyText(policy: Policy): string {
  return `${JSON.stringify(policy, null, 2)}\n`;
}

/**
 * Reads a policy file strictly: unknown fields, unknown attributes and contradictions are refused.
 *
 * @throws PolicyError `line 7, options.cleanGraphic: unknown field`
 */
export function parsePolicy(text: string): Policy {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const message = (cause as Error).message;
    throw new PolicyError(`line ${lineOfSyntaxError(text, message)}: this is not JSON (${message}).`, {
      cause,
    });
  }
  const strictSchema = policySchema.extend({
    options: ps315Options.strict().prefault({}),
    limits: verdictLimits.strict().prefault({}),
    audit: auditLimits.strict().prefault({}),
  });
  const parsed = strictSchema.safeParse(json);
  if (!parsed.success)
    throw new PolicyError(parsed.error.issues.flatMap((issue) => describeIssue(text, issue)).join('; '));
  const policy = parsed.data;
  for (const key of Object.keys(policy.overrides)) {
    if (!overrideTag(key)) {
      throw new PolicyError(
        `line ${lineOfKey(text, ['overrides', key])}, overrides.${key}: expected a tag of eight hexadecimal digits or a DICOM keyword such as PatientName.`,
      );
    }
  }
  checkMethod(text, 'method', policy.method, policy.methodParams);
  policy.ladder.forEach((rung, n) => {
    checkMethod(text, `ladder.${n}`, rung.method, rung.params);
  });
  if (policy.options.retainLongitudinalFullDates && policy.options.retainLongitudinalModifiedDates) {
    throw new PolicyError(
      `line ${lineOfKey(text, ['options', 'retainLongitudinalFullDates'])}, options.retainLongitudinalFullDates: full and modified dates cannot both be retained. Set retainLongitudinalModifiedDates to false (it is on unless told otherwise).`,
    );
  }
  return policy;
}

/** A method or a parameter that nobody knows is a slip of the pen, and would fail every scan. */
function checkMethod(text: string, where: string, id: string, params: Policy['methodParams']): void {
  try {
    faceParams(faceMethod(id), params);
  } catch (error) {
    if (!(error instanceof UnknownFaceMethodError || error instanceof FaceParameterError)) throw error;
    const line = lineOfKey(text, where.startsWith('ladder') ? ['ladder', id] : [where]);
    throw new PolicyError(`line ${line}, ${where}: ${error.message}`, { cause: error });
  }
}

function describeIssue(text: string, issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const full = [...path, key];
      return `line ${lineOfKey(text, full)}, ${full.join('.')}: unknown field`;
    });
  }
  return [`line ${lineOfKey(text, path)}, ${path.join('.') || 'the file'}: ${issue.message}`];
}

/** Line (from 1) where the last key of a path stands, searching its parents first. */
function lineOfKey(text: string, path: readonly string[]): number {
  let at = 0;
  for (const key of path) {
    if (/^\d+$/.test(key)) continue;
    const found = text.indexOf(JSON.stringify(key), at);
    if (found < 0) break;
    at = found;
  }
  return text.slice(0, at).split('\n').length;
}

function lineOfSyntaxError(text: string, message: string): number {
  const position = /position (\d+)/.exec(message);
  if (position) return text.slice(0, Number(position[1])).split('\n').length;
  // "Unexpected end of JSON input" and messages that quote the text instead of a position.
  return text.split('\n').length;
}

function isBuiltIn(name: string): boolean {
  const wanted = name.toLowerCase();
  return wanted in builtInFiles || builtIns.some((p) => p.name.toLowerCase() === wanted);
}

function policiesDir(projectDir: string): string {
  return join(projectDir, 'policies');
}

/** File that holds the policy of this name; the name inside the file counts, not the file's. */
function fileOf(projectDir: string, name: string): string | undefined {
  const dir = policiesDir(projectDir);
  if (!existsSync(dir)) return undefined;
  return readdirSync(dir)
    .filter((f) => f.endsWith('.json'))
    .map((f) => join(dir, f))
    .find((path) => {
      try {
        return (JSON.parse(readFileSync(path, 'utf8')) as { name?: unknown }).name === name;
      } catch {
        return false;
      }
    });
}

function freeFile(dir: string, name: string): string {
  const slug =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'policy';
  for (let n = 1; ; n++) {
    const path = join(dir, n === 1 ? `${slug}.json` : `${slug}-${n}.json`);
    if (!existsSync(path)) return path;
  }
}

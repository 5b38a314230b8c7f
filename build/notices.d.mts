import type { Metafile } from 'esbuild';

export class UnlicensedPackageError extends Error {}

export function bundledFiles(
  metafiles: readonly Pick<Metafile, 'outputs'>[],
  outputs: readonly { readonly output: readonly { readonly moduleIds?: readonly string[] }[] }[],
): string[];

export function writeNotices(options: {
  readonly root: string;
  readonly files: readonly string[];
  readonly whole: readonly string[];
  readonly out: string;
}): void;

import { readFile, writeFile } from 'node:fs/promises';
import { icosphere } from '../../electron/deidentify/face/icosphere.ts';
import { readNifti } from '../../electron/volume/nifti.ts';
import { apply, invert } from '../../shared/geometry/affine.ts';

/**
 * Makes `electron/deidentify/face/brain-prior.json`: the outline of an average adult brain as 642 radii.
 *
 * Source: ICBM152 2009a symmetric T1 template (brain only), permissive ICBM notice, as distributed with nilearn.
 * Nothing of any single person enters it.
 *
 * @param args path of the template
 */
export async function main(args: readonly string[]): Promise<void> {
  const [template, out = 'electron/deidentify/face/brain-prior.json'] = args;
  if (!template) throw new Error('Usage: face-prior <icbm152_2009a_sym_t1.nii.gz> [out.json]');
  const { volume } = await readNifti(template);
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const toIndex = invert(volume.affine);
  const centre = [0, -18, 12] as const; // mm; sees most of the outline
  const sphere = icosphere(3);
  const radii: number[] = [];
  for (let v = 0; v < sphere.points.length; v += 3) {
    let last = 0;
    for (let r = 0; r < 130; r += 0.25) {
      const at = apply(
        toIndex,
        centre[0] + r * sphere.points[v]!,
        centre[1] + r * sphere.points[v + 1]!,
        centre[2] + r * sphere.points[v + 2]!,
      ).map(Math.round) as [number, number, number];
      if (at[0] < 0 || at[1] < 0 || at[2] < 0 || at[0] >= nx || at[1] >= ny || at[2] >= nz) break;
      if (volume.data[at[0] + nx * (at[1] + ny * at[2])]! > 0) last = r;
    }
    radii.push(last);
  }
  await writeFile(
    out,
    `${JSON.stringify({ source: 'ICBM152 2009a symmetric T1 (brain), ICBM permissive notice', level: 3, centreMm: centre, radiiMm: radii })}\n`,
  );
  console.log(
    `${radii.length} radii, ${Math.min(...radii)} to ${Math.max(...radii)} mm → ${out}`,
    (await readFile(out)).length,
  );
}

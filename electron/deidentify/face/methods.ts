import type { FaceMethod } from './face-method.ts';
import { blur } from './methods/blur.ts';
import { cgan, pix2pix } from './methods/generated.ts';
import { maskOut } from './methods/mask-out.ts';
import { quickshear } from './methods/quickshear.ts';
import { template } from './methods/template.ts';

/** Every face method of the product, in the order they are offered. */
export const faceMethods: readonly FaceMethod[] = [template, pix2pix, cgan, maskOut, blur, quickshear];

/** A method id that nobody knows. */
export class UnknownFaceMethodError extends Error {
  override name = 'UnknownFaceMethodError';
}

/** A parameter that the method does not have, or of the wrong type. */
export class FaceParameterError extends Error {
  override name = 'FaceParameterError';
}

/** @throws UnknownFaceMethodError with the list of methods that exist */
export function faceMethod(id: string): FaceMethod {
  const found = faceMethods.find((method) => method.id === id);
  if (found) return found;
  const known = faceMethods.map((method) => method.id).join(', ');
  throw new UnknownFaceMethodError(`Expected one of the face methods ${known}, got "${id}".`);
}

/**
 * A method's defaults with a policy's choices on top.
 *
 * @throws FaceParameterError for a key the method does not have, a value of another type, or one out of bounds
 */
export function faceParams(
  method: FaceMethod,
  chosen: Readonly<Record<string, unknown>>,
): FaceMethod['defaults'] {
  const out: Record<string, number | boolean | string> = { ...method.defaults };
  for (const [key, value] of Object.entries(chosen)) {
    const standard = method.defaults[key];
    if (standard === undefined) {
      const known = Object.keys(method.defaults).join(', ');
      throw new FaceParameterError(`${method.id}: expected parameters among ${known}, got "${key}".`);
    }
    if (typeof value !== typeof standard || (typeof value === 'number' && !Number.isFinite(value))) {
      throw new FaceParameterError(
        `${method.id}: expected ${key} to be a ${typeof standard}, got ${String(value)}.`,
      );
    }
    const { min = -Infinity, max = Infinity, unit } = method.params[key] ?? { unit: '' };
    if (typeof value === 'number' && !(value >= min && value <= max)) {
      throw new FaceParameterError(
        `${method.id}: expected ${key} from ${min} to ${max} ${unit}, got ${value}.`,
      );
    }
    out[key] = value as number | boolean | string;
  }
  return out;
}

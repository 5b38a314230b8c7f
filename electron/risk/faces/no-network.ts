/**
 * Stands in for the download functions of the face packages, which this application never lets near a network.
 *
 * The bundle puts it in place of `node-fetch`; the face process puts it in place of the global `fetch`.
 */
export default function fetch(url: unknown): never {
  throw new Error(`Expected the face networks to read files only; asked for ${String(url)}.`);
}

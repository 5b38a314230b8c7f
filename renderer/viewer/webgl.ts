let known: boolean | undefined;

/** Does this computer's graphics driver offer WebGL2? Asked once; the probing context is given back at once. */
export function canUseWebgl2(): boolean {
  if (known === undefined) {
    const context = document.createElement('canvas').getContext('webgl2');
    known = context !== null;
    context?.getExtension('WEBGL_lose_context')?.loseContext();
  }
  return known;
}

/** What went wrong and, where the error says so, what to do next; never empty. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const fix = (error as { fix?: unknown }).fix;
  const message = error.message.trim() || error.name;
  return typeof fix === 'string' && fix !== '' ? `${message} ${fix}` : message;
}

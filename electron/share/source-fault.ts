/**
 * A file that sharing reads and does not write is gone or damaged: a source, a working volume, an edited image.
 * It holds its scan and no other. The message stands in the receipt and names no path.
 */
export class SourceFault extends Error {
  override name = 'SourceFault';
}

/**
 * Reads a file of the sources or the project.
 *
 * @param what the file in words, `A source file`
 * @throws SourceFault whatever the reading failed of
 */
export async function reading<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof SourceFault) throw cause;
    const { code } = cause as { code?: unknown };
    const how =
      code === 'ENOENT'
        ? 'is missing'
        : code === 'EACCES'
          ? 'may not be read'
          : 'is damaged or cannot be read';
    throw new SourceFault(`${what} of this scan ${how}.`, { cause });
  }
}

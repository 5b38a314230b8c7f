/**
 * The two facts import needs from a Siemens CSA image header (0029,1010): how many slices a mosaic holds
 * and which way its slices go.
 *
 * Layout ("SV10"): 4 bytes magic, 4 bytes, uint32 tag count, uint32; per tag a 64-byte name, int32 vm,
 * 4-byte VR, int32 syngo type, int32 item count, uint32; per item four int32 (the second is the byte
 * length), then the text padded to 4 bytes. Older headers have no magic and start with the count.
 * @see nibabel, "Siemens CSA headers"
 */
export function readCsaMosaic(bytes: Uint8Array): { tiles?: number; normal?: number[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const result: { tiles?: number; normal?: number[] } = {};
  if (bytes.length < 16) return result;
  let at = latin1(bytes, 0, 4) === 'SV10' ? 8 : 0;
  const count = view.getUint32(at, true);
  if (count < 1 || count > 512) return result;
  at += 8;
  for (let t = 0; t < count && at + 84 <= bytes.length; t++) {
    const name = latin1(bytes, at, 64).split('\0')[0]!;
    const items = view.getInt32(at + 76, true);
    at += 84;
    const values: string[] = [];
    for (let n = 0; n < items && at + 16 <= bytes.length; n++) {
      const length = view.getInt32(at + 4, true);
      at += 16;
      if (length < 0 || at + length > bytes.length) return result;
      values.push(latin1(bytes, at, length).split('\0')[0]!.trim());
      at += Math.ceil(length / 4) * 4;
    }
    if (name === 'NumberOfImagesInMosaic') {
      const tiles = Number(values[0]);
      if (values[0] && Number.isInteger(tiles) && tiles > 0) result.tiles = tiles;
    } else if (name === 'SliceNormalVector') {
      const normal = values.slice(0, 3).map(Number);
      if (normal.length === 3 && values[0] && normal.every(Number.isFinite)) result.normal = normal;
    }
    if (result.tiles && result.normal) break;
  }
  return result;
}

function latin1(bytes: Uint8Array, from: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(length, bytes.length - from)).toString(
    'latin1',
  );
}

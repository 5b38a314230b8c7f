/**
 * Private attributes that are known to be numbers about the acquisition and nothing else.
 *
 * Keyed by group, private creator and the last two digits of the element. Kept only under Retain Safe
 * Private (113111) and only with one of the listed VRs, so that no text passes under a known number.
 *
 * @see PS3.15 table E.3.10-1 and the makers' conformance statements for diffusion attributes
 */
const safe: Readonly<Record<string, string>> = {
  // Diffusion b-value, directionality, gradient direction, b-matrix; bandwidth per pixel; slice times.
  '0019|SIEMENS MR HEADER': '0C 0D 0E 27 28 29',
  '0021|SIEMENS MR SDS 01': '5B 53 58',
  '2001|PHILIPS IMAGING DD 001': '03 04',
  '2005|PHILIPS MR IMAGING DD 001': '0D 0E B0 B1 B2',
  '2005|PHILIPS MR IMAGING DD 005': '0D 0E',
  // Diffusion gradient direction (x, y, z) and b-value; CT table speed, mid-scan time, rotation speed.
  '0019|GEMS_ACQU_01': '23 24 27 BB BC BD',
  '0043|GEMS_PARM_01': '27 39 6F',
  '0045|GEMS_HELIOS_01': '01 02',
  '7053|PHILIPS PET PRIVATE GROUP': '00 09',
  '00E1|ELSCINT1': '21',
  '01E1|ELSCINT1': '50',
  '01F1|ELSCINT1': '01 07 26 27',
  '0903|GEIIS PACS': '10 11 12',
};

const numericVrs = new Set(['DS', 'IS', 'FD', 'FL', 'US', 'SS', 'UL', 'SL', 'CS', 'UN']);
const lookup = new Set(
  Object.entries(safe).flatMap(([block, elements]) =>
    elements.split(' ').map((element) => `${block}|${element}`),
  ),
);

/**
 * Whether a private attribute may be kept under Retain Safe Private.
 *
 * @param creator value of the private creator element that reserves its block
 */
export function isSafePrivate(tag: string, creator: string, vr: string, value: Uint8Array): boolean {
  if (!numericVrs.has(vr) || value.byteLength > 256) return false;
  const key = `${tag.slice(0, 4)}|${creator.trim().toUpperCase()}|${tag.slice(6)}`;
  return lookup.has(key);
}

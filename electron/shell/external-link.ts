/** Control characters, blanks and direction marks have no place in a link and can hide where it leads. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const hidden = /[\u0000-\u0020\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\\]/;

/**
 * The address of a link that may be offered to the external browser, or undefined.
 *
 * Only http and https, to a dotted public host name in plain letters: no credentials, no other port, no IP
 * numbers, no local names (the loopback door and the hospital's intranet are not links of ours), no
 * internationalised names that can be drawn like another.
 *
 * @returns the normalised address, or undefined when the link must not be opened
 */
export function externalLink(link: string): string | undefined {
  if (link.length > 2048 || hidden.test(link)) return undefined;
  // As it was written, before the parser forgives `http:evil.example`, `user@host`, `exa%6dple` or `example。org`.
  if (!/^https?:\/\/[a-z0-9.-]+(:\d+)?([/?#]|$)/i.test(link)) return undefined;
  const url = URL.canParse(link) ? new URL(link) : undefined;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  if (url.port !== '') return undefined;
  const labels = url.hostname.split('.');
  if (labels.length < 2 || !labels.every((l) => /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(l))) return undefined;
  if (labels.some((l) => l.startsWith('xn--'))) return undefined;
  if (
    /^(local|localhost|internal|intranet|lan|home|corp|private|invalid|test|onion|arpa)$/.test(labels.at(-1)!)
  )
    return undefined;
  // The last label of a name has a letter in it; of an IPv4 number it has not.
  if (/^\d+$/.test(labels.at(-1)!)) return undefined;
  return url.href;
}

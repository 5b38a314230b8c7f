/** The only origin the window ever shows. */
export const appScheme = 'app';
export const appHost = 'refacade';
export const appUrl = `${appScheme}://${appHost}/`;

/**
 * Whether a URL belongs to the application's own pages.
 *
 * The scheme is not one of those the URL standard calls special, so Node and Chromium disagree about upper case
 * and backslashes in the host; everything but the exact spelling is refused.
 */
export function isAppUrl(url: string): boolean {
  if (!url.startsWith(appUrl)) return false;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return (
    parsed !== null &&
    parsed.protocol === `${appScheme}:` &&
    parsed.host === appHost &&
    parsed.username === '' &&
    parsed.password === ''
  );
}

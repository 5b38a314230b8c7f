import type { App, Session, WebContents } from 'electron';
import { contentSecurityPolicy } from '../host.ts';
import { isAppUrl } from './app-url.ts';
import { externalLink } from './external-link.ts';

/**
 * Deny by default, said once.
 *
 * Four fences, each enough on its own: the page's content security policy, the request filter of the session,
 * the name resolver of the whole process (every host is "not found"), and the permission handlers.
 */

/** Chromium switches that must be set before the application is ready. */
export const processSwitches: readonly (readonly [name: string, value?: string])[] = [
  // No host name resolves, whoever asks: the page, Chromium's own services, a forgotten feature.
  ['host-resolver-rules', 'MAP * ~NOTFOUND'],
  ['disable-background-networking'],
  ['disable-component-update'],
  ['disable-domain-reliability'],
  ['disable-client-side-phishing-detection'],
  ['disable-sync'],
  ['no-pings'],
  ['dns-prefetch-disable'],
  ['force-webrtc-ip-handling-policy', 'disable_non_proxied_udp'],
];

/** Before `ready`: switches, and a sandbox for every renderer whatever a window asks for. */
export function secureProcess(app: App): void {
  for (const [name, value] of processSwitches) {
    if (value === undefined) app.commandLine.appendSwitch(name);
    else app.commandLine.appendSwitch(name, value);
  }
  app.enableSandbox();
}

/**
 * Whether the session may load this: the application's own pages, what they made in memory, nothing else.
 *
 * @param devtools true only when started from a checkout
 */
export function isAllowedRequest(url: string, devtools = false): boolean {
  if (isAppUrl(url)) return true;
  if (url.startsWith('data:')) return true;
  if (url.startsWith('blob:')) return isAppUrl(url.slice('blob:'.length));
  return devtools && url.startsWith('devtools://devtools/');
}

/** No permission, no device, no dictionary download, no request that leaves the machine. */
export function secureSession(session: Session, devtools = false): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest((details, answer) =>
    answer({ cancel: !isAllowedRequest(details.url, devtools) }),
  );
  session.on('will-download', (event, item) => {
    // A table or a plot the page made may be saved; nothing is fetched.
    if (!isAllowedRequest(item.getURL())) event.preventDefault();
  });
}

/** No navigation away, no second window, no webview. A valid external link is offered to `openLink`. */
export function secureContents(contents: WebContents, openLink: (url: string) => void): void {
  const stayHome = (event: { preventDefault(): void; url: string }) => {
    if (!isAppUrl(event.url)) event.preventDefault();
  };
  contents.on('will-navigate', stayHome);
  contents.on('will-redirect', stayHome);
  contents.on('will-frame-navigate', stayHome);
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    const link = externalLink(url);
    if (link) openLink(link);
    return { action: 'deny' };
  });
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}

/**
 * The door as Chromium's protocol handler: only our own host name, never a response without a policy.
 *
 * @param host the application's door
 */
export function guardedHost(host: (request: Request) => Promise<Response>) {
  return async (request: Request): Promise<Response> => {
    if (!isAppUrl(request.url)) return new Response('Not found.', { status: 404, headers: policyHeaders });
    const response = await host(request);
    if (response.headers.has('content-security-policy') && response.headers.has('x-content-type-options')) {
      return response;
    }
    const headers = new Headers(response.headers);
    for (const [name, value] of Object.entries(policyHeaders))
      if (!headers.has(name)) headers.set(name, value);
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
  };
}

const policyHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
};

import { describe, expect, it } from 'vitest';
import { isAppUrl } from './app-url.ts';
import { externalLink } from './external-link.ts';
import { hostile } from './hostile-urls.ts';
import { isAllowedRequest } from './security.ts';

describe('externalLink', () => {
  it.each(hostile)('refuses %j', (url) => {
    expect(externalLink(url)).toBeUndefined();
  });

  it('refuses data and our own pages', () => {
    expect(externalLink('data:text/html,<script>1</script>')).toBeUndefined();
    expect(externalLink('app://refacade/')).toBeUndefined();
  });

  it.each([
    ['https://dicom.nema.org/medical/dicom/current/output/html/part15.html', undefined],
    ['http://www.itksnap.org/pmwiki', undefined],
    ['HTTPS://BIDS.neuroimaging.io/?q=1#top', 'https://bids.neuroimaging.io/?q=1#top'],
    ['https://example.org:443/x', 'https://example.org/x'],
    ['https://example.org', 'https://example.org/'],
    ['https://example.org/@name', undefined],
  ])('offers %s', (url, normal) => {
    expect(externalLink(url)).toBe(normal ?? url);
  });
});

describe('isAppUrl', () => {
  it.each(hostile)('refuses %j', (url) => {
    expect(isAppUrl(url)).toBe(false);
  });

  it.each(['app://refacade/', 'app://refacade/index.html#/review', 'app://refacade/rpc/project.current'])(
    'knows %s',
    (url) => {
      expect(isAppUrl(url)).toBe(true);
    },
  );
});

describe('isAllowedRequest', () => {
  it.each([
    ...hostile,
    'https://example.org/',
    'http://example.org/favicon.ico',
    'https://redirector.gvt1.com/edgedl/dict.bdic',
  ])('blocks %j', (url) => {
    expect(isAllowedRequest(url)).toBe(false);
  });

  it('lets the page load itself, and the inspector only from a checkout', () => {
    expect(isAllowedRequest('app://refacade/assets/x.js')).toBe(true);
    expect(isAllowedRequest('blob:app://refacade/8a6e')).toBe(true);
    expect(isAllowedRequest('data:image/png;base64,AA==')).toBe(true);
    expect(isAllowedRequest('devtools://devtools/bundled/inspector.html', true)).toBe(true);
    expect(isAllowedRequest('https://example.org/', true)).toBe(false);
  });
});

/** What a share says it was made by; the version is that of package.json (a test compares them). */
export const product = { name: 'Refacade', version: '0.1.0' } as const;

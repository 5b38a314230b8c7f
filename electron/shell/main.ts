import { createApp } from '../app.ts';
import { startShell } from './start.ts';

// Not awaited: Electron becomes ready only after this module has been evaluated.
void startShell(({ userDataDir, log }) =>
  createApp({
    userDataDir,
    log: (level, message, details) => log[level](message, details === undefined ? undefined : { details }),
  }),
);

import { createApp } from '../app.ts';
import { startShell } from './start.ts';

// Not awaited: Electron becomes ready only after this module has been evaluated.
void startShell(createApp);

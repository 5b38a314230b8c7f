import { contextBridge, ipcRenderer, webUtils } from 'electron';

// A sandboxed preload can load no file of ours, so the channel names are spelled out; `native.test.ts` compares.
contextBridge.exposeInMainWorld('refacade', {
  pickFolder: (): Promise<string | null> => ipcRenderer.invoke('refacade:pick-folder'),
  showInFolder: (path: string): Promise<void> => ipcRenderer.invoke('refacade:show-in-folder', String(path)),
  pathOf: (file: File): string => webUtils.getPathForFile(file),
  printReceipt: (shareId: number): Promise<string | null> =>
    ipcRenderer.invoke('refacade:print-receipt', Number(shareId)),
});

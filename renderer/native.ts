/** What only the desktop window can do; undefined in a browser tab, where screens offer a path field instead. */
export interface NativeAbilities {
  pickFolder(): Promise<string | null>;
  showInFolder(path: string): Promise<void>;
  pathOf(file: File): string;
}

declare global {
  interface Window {
    refacade?: NativeAbilities;
  }
}

export function native(): NativeAbilities | undefined {
  return window.refacade;
}

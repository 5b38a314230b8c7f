import type { MenuItemConstructorOptions } from 'electron';

/**
 * The menu: editing, zoom and window roles, nothing that opens a web page.
 *
 * Electron's own menu has a Help entry with links to the network; setting any menu removes it.
 */
export function menuTemplate(platform: NodeJS.Platform, devtools: boolean): MenuItemConstructorOptions[] {
  return [
    ...(platform === 'darwin'
      ? [{ role: 'appMenu' } satisfies MenuItemConstructorOptions]
      : [{ label: 'File', submenu: [{ role: 'quit' }] } satisfies MenuItemConstructorOptions]),
    { role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        ...(devtools
          ? ([
              { type: 'separator' },
              { role: 'reload' },
              { role: 'toggleDevTools' },
            ] satisfies MenuItemConstructorOptions[])
          : []),
      ],
    },
    { role: 'windowMenu' },
  ];
}

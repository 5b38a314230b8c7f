import { Kbd, Table } from '@mantine/core';
import { useEffect, useSyncExternalStore } from 'react';
import { Dialog } from './dialog.tsx';
import { findShortcut, type Shortcut } from './find-shortcut.ts';

const groups = new Map<string, readonly Shortcut[]>();
const watchers = new Set<() => void>();
let snapshot: readonly [string, readonly Shortcut[]][] = [];

function publish(): void {
  snapshot = [...groups];
  for (const watcher of watchers) watcher();
}

/** Is the person typing text right now? Then letters and digits are theirs. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.tagName === 'TEXTAREA' || target.tagName === 'SELECT') return true;
  return (
    target instanceof HTMLInputElement &&
    !['checkbox', 'radio', 'button', 'submit', 'range'].includes(target.type)
  );
}

/** Does this element use the arrow keys itself (sliders, tabs, radio groups, tables)? */
function usesArrows(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return true;
  return (
    target.closest(
      '[role="tab"],[role="grid"],[role="slider"],[role="radio"],[role="listbox"],[role="menu"]',
    ) !== null
  );
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
  // A dialog is open: its own keys only.
  if (document.querySelector('[role="dialog"][aria-modal="true"]')) return;
  if (event.key.startsWith('Arrow') && usesArrows(event.target)) return;
  const hit = findShortcut(event, [...groups.values()]);
  if (!hit) return;
  event.preventDefault();
  hit.run();
}

/** Registers a screen's keys while it is shown; the `?` list shows exactly these. */
export function useShortcuts(group: string, list: readonly Shortcut[]): void {
  useEffect(() => {
    if (groups.size === 0) window.addEventListener('keydown', onKey);
    groups.set(group, list);
    publish();
    return () => {
      groups.delete(group);
      if (groups.size === 0) window.removeEventListener('keydown', onKey);
      publish();
    };
  }, [group, list]);
}

export function ShortcutList({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const all = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => snapshot,
  );
  return (
    <Dialog opened={opened} onClose={onClose} title="Keyboard">
      {all.map(([group, list]) => (
        <section key={group}>
          <h2 className="rf-h2">{group}</h2>
          <Table mb="md" aria-label={group}>
            <Table.Tbody>
              {list.map((shortcut) => (
                <Table.Tr key={shortcut.keys + String(shortcut.alt)}>
                  <Table.Td w={110}>
                    <Kbd>
                      {shortcut.label ??
                        (shortcut.alt ? `Alt ${shortcut.keys}` : shortcut.keys.toUpperCase())}
                    </Kbd>
                  </Table.Td>
                  <Table.Td>{shortcut.does}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </section>
      ))}
    </Dialog>
  );
}

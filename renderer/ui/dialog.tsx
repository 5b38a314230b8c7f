import { Drawer, type DrawerProps, Modal, type ModalProps } from '@mantine/core';
import { useEffectEvent, useLayoutEffect } from 'react';

/** A dialog over the screen: Escape closes it and nothing below it, and the keyboard goes on where it was. */
export function Dialog(props: ModalProps) {
  useDialogKeys(props.opened, props.onClose);
  return <Modal closeOnEscape={false} returnFocus={false} {...props} />;
}

/** A dialog at the side of the screen, with the same manners. */
export function SideDialog(props: Omit<DrawerProps, 'position'>) {
  useDialogKeys(props.opened, props.onClose);
  return <Drawer position="right" closeOnEscape={false} returnFocus={false} {...props} />;
}

/** Open dialogs, the topmost last. */
const open: (() => void)[] = [];

/**
 * The component library lets every open dialog close at one Escape, and returns the focus only of dialogs that stay
 * mounted while closed; ours often lie one over the other and are made when they are opened.
 */
function useDialogKeys(opened: boolean, onClose: () => void): void {
  const close = useEffectEvent(onClose);
  useLayoutEffect(() => {
    if (!opened) return;
    const before = document.activeElement;
    const own = () => close();
    if (open.length === 0) window.addEventListener('keydown', onKey, { capture: true });
    open.push(own);
    return () => {
      open.splice(open.indexOf(own), 1);
      if (open.length === 0) window.removeEventListener('keydown', onKey, { capture: true });
      const place = before?.isConnected && before !== document.body ? before : document.querySelector('main');
      // A point of a plot is no HTMLElement.
      if (!(place instanceof HTMLElement || place instanceof SVGElement)) return;
      const last = document.activeElement;
      const goOn = () => place.focus({ preventScroll: true });
      goOn();
      // React gives the focus back to what had it while that stays in the page, as in a dialog that fades out.
      queueMicrotask(() => document.activeElement === last && goOn());
      keepIn(place);
    };
  }, [opened]);
}

/** How long after a dialog closed its opener may still go, as a row that it removed does once the list is read again, ms. */
const SETTLES_MS = 5000;

/** Where the focus goes when the element that got it back goes: the dialog beneath, or the screen. */
function keepIn(place: Element): void {
  const observer = new MutationObserver(() => {
    if (place.isConnected) return;
    observer.disconnect();
    const beneath = [...document.querySelectorAll<HTMLElement>('[role="dialog"]')].at(-1);
    if (document.activeElement === document.body)
      (beneath ?? document.querySelector<HTMLElement>('main'))?.focus({ preventScroll: true });
  });
  observer.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => observer.disconnect(), SETTLES_MS);
}

function onKey(event: KeyboardEvent): void {
  if (event.key !== 'Escape' || event.isComposing) return;
  // An open list or menu inside a dialog takes the key first, and says so with this attribute.
  const taken = (event.target as Element | null)?.getAttribute?.('data-mantine-stop-propagation') === 'true';
  if (!taken) open.at(-1)?.();
}

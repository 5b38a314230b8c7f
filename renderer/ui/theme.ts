import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import type { StepName } from '../route.ts';

// biome-ignore format: ten shades on one line
const accent: MantineColorsTuple = ['#e8f4f9', '#cfe6f0', '#a9d3e4', '#82bed6', '#6ab4d0', '#4399ba', '#2f86a8', '#216f8e', '#1a5a74', '#13475c'];
// biome-ignore format: ten shades on one line
const dark: MantineColorsTuple = ['#e4e7ea', '#c3c9cf', '#a9b1b9', '#929ba4', '#3d434b', '#2f343a', '#25292e', '#191b1e', '#131517', '#0d0f10'];
// biome-ignore format: ten shades on one line
const gray: MantineColorsTuple = ['#f7f8f8', '#f0f1f2', '#e5e7e9', '#d5d9dd', '#bcc2c8', '#8d959d', '#59626b', '#454d55', '#2b3137', '#1b1f23'];

/** A dialog's title bar is no landmark of the page; two dialogs, one over the other, would be two banners. */
const NO_BANNER = { header: { role: 'presentation' } };

/** Quiet and dense, one accent, 13 to 14 px text. */
export const theme = createTheme({
  colors: { accent, dark, gray },
  primaryColor: 'accent',
  primaryShade: 7,
  autoContrast: false,
  defaultRadius: 4,
  fontFamily: 'system-ui, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.125rem' }, h2: { fontSize: '0.9375rem' }, h3: { fontSize: '0.875rem' } },
  },
  spacing: { xs: '0.375rem', sm: '0.625rem', md: '0.875rem', lg: '1.25rem', xl: '1.75rem' },
  cursorType: 'pointer',
  components: {
    Tooltip: {
      defaultProps: {
        openDelay: 250,
        multiline: true,
        withArrow: true,
        events: { hover: true, focus: true, touch: true },
      },
    },
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'xs' } },
    Textarea: { defaultProps: { size: 'xs' } },
    Select: { defaultProps: { size: 'xs', comboboxProps: { shadow: 'md' } } },
    NativeSelect: { defaultProps: { size: 'xs' } },
    NumberInput: { defaultProps: { size: 'xs' } },
    PasswordInput: { defaultProps: { size: 'xs' } },
    SegmentedControl: { defaultProps: { size: 'xs' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    Table: { defaultProps: { verticalSpacing: 4, horizontalSpacing: 8 } },
    Modal: {
      defaultProps: { centered: true, closeButtonProps: { 'aria-label': 'Close' }, attributes: NO_BANNER },
    },
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' }, attributes: NO_BANNER } },
  },
});

/** The component library's greys are ours in both schemes. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  dark: {
    '--mantine-color-body': '#1f2226',
    '--mantine-color-text': '#e4e7ea',
    '--mantine-color-dimmed': '#a9b1b9',
    '--mantine-color-placeholder': '#929ba4',
    '--mantine-color-error': '#f3948a',
    '--mantine-color-anchor': '#7fc3dd',
  },
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1b1f23',
    '--mantine-color-dimmed': '#545d66',
    '--mantine-color-placeholder': '#69727b',
    '--mantine-color-error': '#ad211b',
    '--mantine-color-anchor': '#1c6480',
  },
});

/** `auto` is dark beside images and light for tables and reports. */
export type ThemeChoice = 'auto' | 'light' | 'dark';
const KEY = 'refacade.theme';
const IMAGE_SCREENS: ReadonlySet<StepName> = new Set<StepName>(['deidentify', 'review']);
const watchers = new Set<() => void>();

function read(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'auto';
  } catch {
    return 'auto';
  }
}

export function setThemeChoice(choice: ThemeChoice): void {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // Storage may be switched off; the choice then lasts for this window.
  }
  current = choice;
  for (const watcher of watchers) watcher();
}

let current: ThemeChoice | undefined;

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => {
      current ??= read();
      return current;
    },
  );
}

export function schemeOf(choice: ThemeChoice, step: StepName): 'light' | 'dark' {
  return choice === 'auto' ? (IMAGE_SCREENS.has(step) ? 'dark' : 'light') : choice;
}

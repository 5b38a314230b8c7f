import { Button, MantineProvider } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { startEvents, useConnected, useRunning } from './events.ts';
import { native } from './native.ts';
import { projectKeyOf } from './project/project-key.ts';
import { useProject } from './project/use-project.ts';
import { Rail, STEP_TITLES } from './rail.tsx';
import { formatRoute, go, STEPS, type StepName, useRoute } from './route.ts';
import { DropAnywhere } from './ui/drop-anywhere.tsx';
import { Busy, ErrorPanel } from './ui/feedback.tsx';
import type { Shortcut } from './ui/find-shortcut.ts';
import { ProgressStrip } from './ui/progress.tsx';
import { ShortcutList, useShortcuts } from './ui/shortcuts.tsx';
import { schemeOf, setThemeChoice, theme, useThemeChoice, variables } from './ui/theme.ts';

const SCREENS: Record<StepName, React.LazyExoticComponent<() => ReactNode>> = {
  project: lazy(() => import('./project/project-screen.tsx').then((m) => ({ default: m.ProjectScreen }))),
  import: lazy(() => import('./import/import-screen.tsx').then((m) => ({ default: m.ImportScreen }))),
  deidentify: lazy(() =>
    import('./deidentify/deidentify-screen.tsx').then((m) => ({ default: m.DeidentifyScreen })),
  ),
  review: lazy(() => import('./review/review-screen.tsx').then((m) => ({ default: m.ReviewScreen }))),
  impact: lazy(() => import('./morphometry/impact-screen.tsx').then((m) => ({ default: m.ImpactScreen }))),
  audit: lazy(() => import('./risk/audit-screen.tsx').then((m) => ({ default: m.AuditScreen }))),
  share: lazy(() => import('./share/share-screen.tsx').then((m) => ({ default: m.ShareScreen }))),
};
const Welcome = lazy(() => import('./project/welcome.tsx').then((m) => ({ default: m.Welcome })));
const SeriesDrawer = lazy(() =>
  import('./project/series-drawer.tsx').then((m) => ({ default: m.SeriesDrawer })),
);
const ComputerDrawer = lazy(() =>
  import('./project/computer-drawer.tsx').then((m) => ({ default: m.ComputerDrawer })),
);

const NOTES: Record<StepName, string> = {
  project: 'Every subject, session and series, and where each stands.',
  import: 'Reads folders of DICOM and NIfTI scans. The originals are never changed.',
  deidentify: 'Choose what happens to headers and faces, try it on one scan, then run it on all.',
  review:
    'Worst first. Slices are in radiological convention: the subject’s right is on the left of the picture.',
  impact: 'What de-identification did to the brain measurements.',
  audit: 'Can a face still be recognised?',
  share: 'A checklist that turns green by evidence, then one button, then a receipt.',
};

export function App() {
  const route = useRoute();
  const choice = useThemeChoice();
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      forceColorScheme={schemeOf(choice, route.step)}
    >
      <Shell step={route.step} />
    </MantineProvider>
  );
}

function Shell({ step }: { step: StepName }) {
  const [keysOpen, setKeysOpen] = useState(false);
  const project = useProject();
  const connected = useConnected();
  const route = useRoute();
  const scheme = schemeOf(useThemeChoice(), step);
  const main = useRef<HTMLElement>(null);
  useEffect(startEvents, []);
  const working = useRunning().length > 0;
  useEffect(() => {
    // A browser tab asks once; the desktop window has its own question, and would not close at all with this one.
    if (!working || native()) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [working]);
  const shown = useRef(step);
  useEffect(() => {
    document.title = `${STEP_TITLES[step]} · Refacade`;
    // What had the focus went with the screen before: the keyboard goes on in the new one.
    if (shown.current !== step && document.activeElement === document.body)
      main.current?.focus({ preventScroll: true });
    shown.current = step;
  }, [step]);
  const shortcuts = useMemo<Shortcut[]>(
    () => [
      { keys: '?', does: 'Show this list', run: () => setKeysOpen(true) },
      ...STEPS.map((name, index) => ({
        keys: String(index + 1),
        alt: true,
        does: `Go to ${STEP_TITLES[name]}`,
        run: () => go(name),
      })),
      {
        keys: 't',
        does: 'Switch between light and dark',
        run: () => setThemeChoice(scheme === 'dark' ? 'light' : 'dark'),
      },
    ],
    [scheme],
  );
  useShortcuts('Everywhere', shortcuts);

  const summary = project.data ?? null;
  const open = summary !== null;
  const projectKey = projectKeyOf(summary);
  const next = summary?.next;
  const Screen = SCREENS[step];
  const series = Number(route.params.series ?? '');
  const needsProject = project.data === null;
  return (
    <div className="rf-shell">
      <button type="button" className="rf-skip" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <Rail step={step} project={summary} onKeys={() => setKeysOpen(true)} />
      <div className="rf-main">
        <section className="rf-head rf-no-print" aria-label="Screen and next action">
          <h1>{needsProject ? 'Welcome' : STEP_TITLES[step]}</h1>
          <span className="rf-head-note">{needsProject ? '' : NOTES[step]}</span>
          {next && next.step !== step && !(step === 'project' && summary.series === 0) && (
            <Button
              component="a"
              href={formatRoute(next.step)}
              size="sm"
              rightSection={<IconArrowRight size={16} aria-hidden />}
            >
              {next.label}
            </Button>
          )}
        </section>
        {!connected && (
          <div className="rf-note" data-level="warning" role="status" style={{ borderRadius: 0 }}>
            The connection to the Refacade process is lost; trying again every few seconds. Finished scans are
            kept.
          </div>
        )}
        <main className="rf-screen" ref={main} tabIndex={-1} id="content">
          <Suspense fallback={<Busy what="Loading the screen…" />}>
            {project.data === undefined && project.error ? (
              <ErrorPanel
                error={project.error}
                onRetry={project.reload}
                what="Could not ask for the project."
              />
            ) : project.data === undefined ? (
              <Busy what="Looking for the project…" />
            ) : needsProject ? (
              <Welcome />
            ) : (
              // What a screen remembers of one project must not be seen in another.
              <Screen key={projectKey} />
            )}
          </Suspense>
        </main>
        <ProgressStrip />
      </div>
      <Suspense>{open && series > 0 && <SeriesDrawer key={projectKey} seriesId={series} />}</Suspense>
      <Suspense>{route.params.computer && <ComputerDrawer />}</Suspense>
      <DropAnywhere projectOpen={open} />
      <ShortcutList opened={keysOpen} onClose={() => setKeysOpen(false)} />
    </div>
  );
}

import { SegmentedControl, Switch } from '@mantine/core';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Picture, ReviewDecision, ReviewItem } from '../../shared/review/records.ts';
import { prefetch, useAction, useCall } from '../calls.ts';
import { setParams } from '../route.ts';
import { Busy, Loaded } from '../ui/feedback.tsx';
import type { Shortcut } from '../ui/find-shortcut.ts';
import { useShortcuts } from '../ui/shortcuts.tsx';
import { DecisionPanel } from './decision-panel.tsx';
import { isSeen } from './is-seen.ts';
import { Renders, Slices } from './stills.tsx';
import type { Queue } from './use-queue.ts';

const ScanViewer = lazy(() => import('../viewer/scan-viewer.tsx').then((m) => ({ default: m.ScanViewer })));

interface Props {
  derivativeId: number;
  queue: Queue;
  savedReviewer: string | undefined;
}

// Held for the whole sitting: the viewer stays on and the name stays filled in from scan to scan.
let viewerOn = false;
let sittingReviewer: string | undefined;

export function Cockpit({ derivativeId, queue, savedReviewer }: Props) {
  const call = useCall('review.item', { derivativeId });
  const [viewer, setViewer] = useState(viewerOn);
  const [stage, setStage] = useState<Picture['stage']>('after');
  const [note, setNote] = useState('');
  const [reviewer, setReviewer] = useState(sittingReviewer ?? savedReviewer ?? '');
  const noteField = useRef<HTMLTextAreaElement>(null);
  const nameField = useRef<HTMLInputElement>(null);
  const decide = useAction('review.decide', ['review', 'project', 'catalog', 'share']);
  const save = useAction('project.saveSettings', []);
  const [missing, setMissing] = useState(false);
  const images = useRef<HTMLElement>(null);
  const seen = useSeen(call.data !== undefined, images);
  const deciding = useRef(false);

  useEffect(() => {
    if (sittingReviewer === undefined && savedReviewer) setReviewer(savedReviewer);
  }, [savedReviewer]);

  const next = queue.nextPending(derivativeId) ?? queue.neighbour(derivativeId, 1);
  const nextId = next?.derivativeId;
  useEffect(() => {
    if (nextId === undefined) return;
    prefetch('review.item', { derivativeId: nextId });
    prefetch('risk.scan', { derivativeId: nextId });
  }, [nextId]);
  const nextItem = useCall(nextId !== undefined ? 'review.item' : null, { derivativeId: nextId ?? 0 }).data;
  useEffect(() => {
    for (const picture of nextItem?.pictures ?? []) new Image().src = picture.url;
  }, [nextItem]);

  const step = useCallback(
    (by: 1 | -1) => {
      const other = queue.neighbour(derivativeId, by);
      if (other) setParams({ item: other.derivativeId });
    },
    [queue, derivativeId],
  );
  const run = useCallback(
    async (decision: ReviewDecision) => {
      if (!seen || deciding.current) return;
      const name = reviewer.trim();
      if (name === '') {
        setMissing(true);
        nameField.current?.focus();
        return;
      }
      deciding.current = true;
      if (sittingReviewer !== name) {
        sittingReviewer = name;
        void save.run({ reviewer: name });
      }
      const done = await decide.run({ derivativeId, decision, note: note.trim(), reviewer: name });
      deciding.current = false;
      if (!done) return;
      queue.remember(derivativeId, decision);
      if (nextId !== undefined) setParams({ item: nextId });
    },
    [seen, reviewer, decide, save, derivativeId, note, queue, nextId],
  );
  const toggleViewer = useCallback((on: boolean) => {
    viewerOn = on;
    setViewer(on);
  }, []);
  const shortcuts = useMemo<Shortcut[]>(
    () => [
      { keys: '1', does: 'Accept', run: () => void run('accept') },
      { keys: '2', does: 'Redo: send back to the queue', run: () => void run('redo') },
      { keys: '3', does: 'Reject: hold for good', run: () => void run('reject') },
      { keys: 'n', does: 'Write a note (Escape to leave it)', run: () => noteField.current?.focus() },
      { keys: 'ArrowRight', label: '→', does: 'Next scan', run: () => step(1) },
      { keys: 'ArrowLeft', label: '←', does: 'Previous scan', run: () => step(-1) },
      { keys: 'ArrowDown', label: '↓', does: 'Next scan', run: () => step(1) },
      { keys: 'ArrowUp', label: '↑', does: 'Previous scan', run: () => step(-1) },
      {
        keys: 'b',
        does: 'Switch slices between before and after',
        run: () => setStage((now) => (now === 'after' ? 'before' : 'after')),
      },
      { keys: 'v', does: 'Interactive viewer on or off', run: () => toggleViewer(!viewerOn) },
    ],
    [run, step, toggleViewer],
  );
  useShortcuts('Review', shortcuts);

  return (
    <Loaded call={call} what="this scan">
      {(item) => (
        <>
          <section className="rf-images" aria-label="Pictures" ref={images}>
            <Title item={item} />
            <div className="rf-toolbar">
              {!viewer && (
                <SegmentedControl
                  aria-label="Slices show"
                  value={stage}
                  onChange={(value) => setStage(value as Picture['stage'])}
                  data={[
                    { value: 'before', label: 'Before' },
                    { value: 'after', label: 'After' },
                  ]}
                />
              )}
              <span className="rf-dim rf-clip">R = subject’s right</span>
              <Switch
                label="Viewer (V)"
                checked={viewer}
                onChange={(event) => toggleViewer(event.currentTarget.checked)}
              />
            </div>
            {viewer ? (
              <Suspense fallback={<Busy what="Loading the viewer…" />}>
                <ScanViewer
                  before={`volumes/series-${item.seriesId}.nii.gz`}
                  after={`volumes/edited-${item.derivativeId}.nii.gz`}
                  fallback={<Slices pictures={item.pictures} stage={stage} />}
                />
              </Suspense>
            ) : (
              <Slices pictures={item.pictures} stage={stage} />
            )}
            <Renders pictures={item.pictures} />
          </section>
          <DecisionPanel
            item={item}
            note={note}
            onNote={setNote}
            noteField={noteField}
            reviewer={reviewer}
            onReviewer={(name) => {
              setReviewer(name);
              setMissing(false);
            }}
            nameField={nameField}
            nameMissing={missing}
            busy={decide.busy}
            seen={seen}
            error={decide.error}
            onDecide={(decision) => void run(decision)}
            onStep={step}
            hasPrevious={queue.neighbour(derivativeId, -1) !== undefined}
            hasNext={queue.neighbour(derivativeId, 1) !== undefined}
          />
        </>
      )}
    </Loaded>
  );
}

/** Turns true once the scan was seen, and stays so: pictures that are switched later do not take it back. */
function useSeen(loaded: boolean, images: React.RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!loaded || seen) return;
    const since = performance.now();
    const timer = window.setInterval(() => {
      const pictures = [...(images.current?.querySelectorAll('img') ?? [])];
      if (isSeen(performance.now() - since, pictures)) setSeen(true);
    }, 50);
    return () => window.clearInterval(timer);
  }, [loaded, seen, images]);
  return seen;
}

function Title({ item }: { item: ReviewItem }) {
  return (
    <h2 className="rf-h2 rf-clip" style={{ margin: 0 }}>
      {item.subjectLabel} · {item.sessionLabel} · {item.kind}{' '}
      <span className="rf-dim">{item.description}</span>
    </h2>
  );
}

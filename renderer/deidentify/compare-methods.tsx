import { Button, Checkbox, Progress, SegmentedControl } from '@mantine/core';
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { MethodInfo, Policy } from '../../shared/deidentify/records.ts';
import { onOtherProject } from '../calls.ts';
import { client } from '../client.ts';
import { setParams, useRoute } from '../route.ts';
import { Empty } from '../ui/feedback.tsx';
import { formatTimeLeft, plural } from '../ui/format.ts';
import { CompareCard, OriginalCard } from './compare-cards.tsx';
import { PAIRS, type PairName, PicturePair } from './compare-pictures.tsx';
import { createComparisons, type Outcome, type Outcomes, recipeOf, type Subject } from './comparisons.ts';

/** One for this window: a run goes on while another tab is looked at. */
const comparisons = createComparisons((input, signal) => client()['deidentify.previewFace'](input, signal));
// Going on would try the methods on the other project's scan of that number.
onOtherProject(comparisons.cancel);

/** Every method on one scan, beside the original. Nothing enters the catalog. */
export function CompareMethods({
  project,
  seriesId,
  policy,
  seed,
  methods,
  chosen,
  onUse,
}: {
  project: string;
  seriesId: number;
  policy: Policy;
  seed: number;
  methods: readonly MethodInfo[];
  /** Method of the next batch. */
  chosen: string;
  onUse: (id: string) => void;
}) {
  const { params } = useRoute();
  const [pair, setPair] = useState<PairName>('surface');
  const [large, setLarge] = useState<string>();
  const subject: Subject = {
    project,
    seriesId,
    policy: policy.name,
    seed,
    recipe: recipeOf(policy),
  };
  const outcomes = useSyncExternalStore(comparisons.subscribe, () => comparisons.outcomes(subject));
  const running = useSyncExternalStore(comparisons.subscribe, comparisons.running);
  if (seriesId === 0)
    return <Empty title="No series to compare on yet.">Import a folder, or choose a series above.</Empty>;

  const off = new Set((params.without ?? '').split(',').filter(Boolean));
  const tick = (id: string, on: boolean) => {
    const next = new Set(off);
    if (on) next.delete(id);
    else next.add(id);
    setParams({ without: [...next].join(',') || undefined });
  };
  const ticked = methods.filter((method) => !off.has(method.id) && method.unavailable === '');
  const isDone = (id: string) => outcomes.get(id)?.state === 'done';
  const missing = ticked.filter((method) => !isDone(method.id));
  const here = running !== undefined && JSON.stringify(running) === JSON.stringify(subject);
  const shown = ticked.flatMap((method) => {
    const outcome = outcomes.get(method.id);
    return outcome ? [{ method, outcome }] : [];
  });
  const enlarged = shown.find(({ method }) => method.id === large);
  return (
    <div className="rf-columns">
      <div className="rf-panel rf-compare-bar">
        <fieldset className="rf-ticks">
          <legend>Methods to compare</legend>
          {methods.map((method) => (
            <Checkbox
              key={method.id}
              label={method.unavailable ? `${method.title} (not usable here)` : method.title}
              checked={!off.has(method.id) && method.unavailable === ''}
              disabled={method.unavailable !== ''}
              onChange={(event) => tick(method.id, event.currentTarget.checked)}
            />
          ))}
        </fieldset>
        <div className="rf-row">
          {here ? (
            <Button variant="default" onClick={comparisons.cancel} title="Finished methods are kept">
              Cancel
            </Button>
          ) : (
            <Button
              variant={missing.length > 0 ? 'filled' : 'default'}
              disabled={ticked.length === 0}
              onClick={() =>
                void comparisons.start(
                  subject,
                  (missing.length > 0 ? missing : ticked).map((method) => method.id),
                )
              }
            >
              {missing.length > 0
                ? `Try ${plural(missing.length, 'method')} on this scan`
                : 'Try all of them again'}
            </Button>
          )}
          {running && !here && (
            <span className="rf-dim">Another scan or seed is being compared; starting here ends that.</span>
          )}
          <SegmentedControl
            ml="auto"
            aria-label="Which pictures"
            value={pair}
            onChange={(value) => setPair(value as PairName)}
            data={PAIRS.map(({ name, label }) => ({ value: name, label }))}
          />
        </div>
        {here && <RunProgress outcomes={outcomes} methods={methods} />}
      </div>
      {shown.length === 0 ? (
        <Empty title="No method was tried on this scan yet.">
          The ticked methods run one after the other, with the policy’s limits and the seed beside the start
          button. What is done stays when you cancel or look at another tab.
        </Empty>
      ) : (
        <ul className="rf-list rf-compare" aria-label="The original and the methods on this scan">
          <OriginalCard outcomes={shown.map(({ outcome }) => outcome)} pair={pair} />
          {shown.map(({ method, outcome }) => (
            <CompareCard
              key={method.id}
              method={method}
              titleOf={(id) => methods.find((other) => other.id === id)?.title ?? id}
              outcome={outcome}
              pair={pair}
              chosen={method.id === chosen}
              onUse={() => onUse(method.id)}
              onEnlarge={() => setLarge(method.id)}
              onRetry={here ? undefined : () => void comparisons.start(subject, [method.id])}
            />
          ))}
        </ul>
      )}
      {enlarged?.outcome.state === 'done' && (
        <PicturePair
          title={enlarged.method.title}
          pictures={enlarged.outcome.preview.pictures}
          pair={pair}
          onClose={() => setLarge(undefined)}
        />
      )}
    </div>
  );
}

/** How many are settled, what runs now, and how long still by those that are done. */
function RunProgress({ outcomes, methods }: { outcomes: Outcomes; methods: readonly MethodInfo[] }) {
  const all = [...outcomes.values()];
  const count = (wanted: Outcome['state']) => all.filter(({ state }) => state === wanted).length;
  const [done, failed] = [count('done'), count('failed')];
  const current = methods.find((method) => outcomes.get(method.id)?.state === 'running');
  const now = useNow();
  const startedAt = all.flatMap((outcome) => (outcome.state === 'running' ? [outcome.startedAt] : []))[0];
  const elapsed = startedAt === undefined ? 0 : Math.max(0, (now - startedAt) / 1000);
  const counts = `${done} of ${plural(all.length, 'method')} done${failed > 0 ? `, ${failed} failed` : ''}`;
  const said = `${counts}. Now: ${current?.title ?? 'finishing'}`;
  return (
    <div>
      <Progress value={(100 * (done + failed)) / Math.max(1, all.length)} aria-label={said} />
      <div className="rf-row" style={{ marginTop: 4 }}>
        <span role="status">{said}</span>
        <span className="rf-dim">
          {Math.round(elapsed)} s so far · {formatTimeLeft(secondsLeft(all, elapsed))}
        </span>
      </div>
    </div>
  );
}

/** By what was done last; null while nothing is. The first method also finds the head, which the others need not. */
function secondsLeft(outcomes: readonly Outcome[], elapsed: number): number | null {
  const seconds = outcomes
    .flatMap((outcome) => (outcome.state === 'done' ? [outcome.preview.seconds] : []))
    .at(-1);
  if (seconds === undefined) return null;
  const waiting = outcomes.filter(({ state }) => state === 'waiting').length;
  return waiting * seconds + Math.max(0, seconds - elapsed);
}

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 1000);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}

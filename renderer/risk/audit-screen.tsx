import { Button } from '@mantine/core';
import { useCall } from '../calls.ts';
import { useProject } from '../project/use-project.ts';
import { formatRoute } from '../route.ts';
import { Loaded } from '../ui/feedback.tsx';
import { plural } from '../ui/format.ts';
import { StateChip } from '../ui/state.tsx';

/** What this version can and cannot say about recognition. No number is shown that was not measured. */
export function AuditScreen() {
  const project = useProject();
  const queue = useCall('review.queue', { filter: 'pending' });
  return (
    <div className="rf-columns" style={{ maxWidth: '56rem' }}>
      <section className="rf-panel">
        <p className="rf-sentence">
          Whether a face can still be recognised has not been measured: that measure arrives with a later
          version.
        </p>
        <p className="rf-dim" style={{ marginBottom: 0 }}>
          It will compare renders of each de-identified head with the originals of the whole project, try to
          regrow removed faces, and print the upper bound beside chance. Until then no share of this project
          can claim a recognition rate.
        </p>
      </section>
      <section className="rf-panel">
        <h2>What to rely on meanwhile</h2>
        <ol style={{ margin: 0, paddingLeft: '1.2rem' }}>
          <li>
            <strong>The verdict of each scan.</strong> It says how much of the front surface moved and whether
            the brain was kept, each number beside its limit. A scan outside a limit is held.
          </li>
          <li>
            <strong>A person’s eyes.</strong> Review shows the surface before and after. A policy can ask that
            a person looks at every scan, not only at exceptions.
          </li>
          <li>
            <strong>The method’s own limits.</strong> Removing a face is reversible in part: published attacks
            regrow faces from defaced scans. Share only with recipients who agree not to try.
          </li>
        </ol>
      </section>
      <section className="rf-panel">
        <h2>Where this project stands</h2>
        <Loaded call={project} what="the project">
          {(summary) =>
            summary && (
              <ul className="rf-list">
                <li>
                  <StateChip state="passed" /> {plural(summary.counts.passed, 'scan')}
                </li>
                <li>
                  <StateChip state="needs-review" /> {plural(summary.counts['needs-review'], 'scan')}
                  {queue.data ? `, ${queue.data.length} in the review queue` : ''}
                </li>
                <li>
                  <StateChip state="failed" /> {plural(summary.counts.failed, 'scan')}
                </li>
              </ul>
            )
          }
        </Loaded>
        <div className="rf-row" style={{ marginTop: 8 }}>
          <Button component="a" variant="default" href={formatRoute('review')}>
            Open review
          </Button>
          <Button component="a" variant="default" href={formatRoute('deidentify')}>
            Change the policy
          </Button>
        </div>
      </section>
    </div>
  );
}

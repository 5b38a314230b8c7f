import { NETWORK_NAMES } from '../../shared/risk/network-names.ts';
import type { AuditReport } from '../../shared/risk/records.ts';
import type { CallOutput } from '../client.ts';
import { setParams } from '../route.ts';
import { AUDIT_ORDER, AuditChip } from '../ui/audit-state.tsx';
import { formatCount, formatSeconds, formatTime, plural } from '../ui/format.ts';
import { ProblemList } from '../ui/problem-list.tsx';
import { Term } from '../ui/term.tsx';
import { formatEstimate, formatShare } from './figures.ts';

type State = CallOutput<'risk.state'>;

/** The answer first, beside what could be seen at best and by guessing; then how strong it is. */
export function AuditLead({ report, state }: { report: AuditReport; state: State }) {
  return (
    <section className="rf-panel" aria-label="The answer">
      {state.stale && (
        <p className="rf-note" data-level="warning" style={{ margin: '0 0 0.5rem' }}>
          This answer is older than the project: {plural(state.waiting, 'scan')}{' '}
          {state.waiting === 1 ? 'was' : 'were'} de-identified or imported after {formatTime(report.at)} and{' '}
          {state.waiting === 1 ? 'is' : 'are'} in none of the figures.
        </p>
      )}
      <p className="rf-sentence">{report.sentence}</p>
      <Beside report={report} />
      <Counts state={state} />
      <Strength report={report} />
      {report.problems.length > 0 && (
        <details className="rf-note" data-level="warning" style={{ marginTop: '0.5rem' }}>
          <summary>
            {plural(report.problems.length, 'finding')} on scans that could not be looked at or measured
          </summary>
          <div
            tabIndex={0}
            role="region"
            aria-label="Findings"
            style={{ marginTop: '0.375rem', maxHeight: '16rem', overflow: 'auto' }}
          >
            <ProblemList problems={report.problems} empty="" />
          </div>
        </details>
      )}
      <details style={{ marginTop: '0.5rem' }}>
        <summary>
          {report.upperBound.length > 0 &&
            'The match is render to render, by two open networks; not with photographs, not commercial recognition. '}
          What the figures do and do not say ({report.caveats.length})
        </summary>
        <ul style={{ margin: '0.375rem 0 0', paddingLeft: '1.2rem', maxWidth: '62rem' }}>
          {report.caveats.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        <p className="rf-dim" style={{ margin: '0.375rem 0 0' }}>
          {report.tools}. {timeText(report)}
        </p>
      </details>
    </section>
  );
}

function Beside({ report }: { report: AuditReport }) {
  if (report.upperBound.length === 0) return null;
  return (
    <dl className="rf-stats" style={{ marginTop: '0.625rem' }}>
      {report.upperBound.map((figures) => (
        <div key={figures.network}>
          <dt>
            <Term name="upperBound">Upper bound</Term>: {NETWORK_NAMES[figures.network]} on untouched heads
            {!report.sees.includes(figures.network) && ', not relied on'}
          </dt>
          <dd>{formatEstimate(figures.rank1, 'share')}</dd>
        </div>
      ))}
      <div>
        <dt>
          <Term name="chance">Chance</Term>
        </dt>
        <dd>{formatShare(report.chanceRank1)}</dd>
      </div>
      <div>
        <dt>
          People in the <Term name="gallery">gallery</Term>
        </dt>
        <dd>
          {formatCount(report.galleryPeople)}
          {report.borrowed > 0 && (
            <>
              {' '}
              + {formatCount(report.borrowed)} <Term name="borrowed">borrowed</Term>
            </>
          )}
        </dd>
      </div>
    </dl>
  );
}

/** Verdicts of the current versions; each opens its scans. */
function Counts({ state }: { state: State }) {
  return (
    <div className="rf-row" style={{ marginTop: '0.5rem' }}>
      <span>Current versions of {plural(state.scans, 'scan')}:</span>
      {AUDIT_ORDER.map((name) => (
        <button
          key={name}
          type="button"
          className="rf-chip"
          title="Show these scans"
          onClick={() => setParams({ view: 'scans', verdict: name, method: undefined })}
        >
          <AuditChip state={name} />
          <strong>{formatCount(state.states[name])}</strong>
        </button>
      ))}
      {state.waiting > 0 && (
        <span className="rf-dim">
          not audited yet <strong>{formatCount(state.waiting)}</strong>
        </span>
      )}
    </div>
  );
}

/** How strong a claim about recognition can be; nothing where it is as strong as the policy asks. */
function Strength({ report }: { report: AuditReport }) {
  const { galleryPeople, borrowed, sees, limits, upperBound } = report;
  const text =
    upperBound.length === 0
      ? 'Recognition was not measured: no face network looked at these heads. Surface distances and verdicts that rest on them are shown.'
      : galleryPeople + borrowed < limits.minPeople
        ? `With ${plural(galleryPeople + borrowed, 'person', 'people')} nothing is claimed about recognition; the policy asks for ${limits.minPeople} at least. The figures are shown and not relied on.`
        : sees.length === 0
          ? `The networks do not see well enough here: fewer than ${formatShare(limits.minUpperBound)} of untouched heads are found again in another view. Nothing is claimed about recognition; the figures are shown and not relied on.`
          : galleryPeople < limits.minPeople
            ? `A weak claim: only ${plural(galleryPeople, 'person', 'people')} of this project stand in the gallery, the other ${plural(borrowed, 'head')} are borrowed, and less like a person than people are like each other.`
            : '';
  if (text === '') return null;
  return (
    <p className="rf-note" data-level="warning" style={{ margin: '0.5rem 0 0' }}>
      {text}
    </p>
  );
}

function timeText({ at, seconds, people }: AuditReport): string {
  const parts = [
    ...(seconds.look === null ? [] : [`looking at it ${formatSeconds(seconds.look)}`]),
    ...(seconds.distance === null ? [] : [`measuring the surface ${formatSeconds(seconds.distance)}`]),
  ];
  const each = parts.length === 0 ? '' : ` Median time for a scan: ${parts.join(', ')}.`;
  return `Audited ${formatTime(at)}, ${plural(people, 'person', 'people')}.${each}`;
}

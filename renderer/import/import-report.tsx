import type { ImportReport as Report } from '../../shared/import/records.ts';
import { formatCount, formatSeconds } from '../ui/format.ts';
import { Term } from '../ui/term.tsx';

/** Totals of the newest import; both rows of parts add up to the files seen. */
export function ImportReport({ report }: { report: Report }) {
  const rate = report.seconds > 0 ? report.filesSeen / report.seconds : 0;
  return (
    <section className="rf-panel" aria-label="Newest import">
      <h2>Newest import</h2>
      <div className="rf-path rf-dim">{report.roots.join(' · ')}</div>
      <dl className="rf-stats" style={{ margin: '0.5rem 0' }}>
        <Stat name="Files seen" value={report.filesSeen} />
        <Stat name="Series" value={report.series} />
        <div>
          <dt>
            <Term name="quarantine">Set aside</Term>
          </dt>
          <dd>{formatCount(report.quarantined)}</dd>
        </div>
        <Stat name="Problems" value={report.problems} />
        <div>
          <dt>Took</dt>
          <dd>{formatSeconds(report.seconds)}</dd>
        </div>
        <div>
          <dt>Files per second</dt>
          <dd>{formatCount(Math.round(rate))}</dd>
        </div>
      </dl>
      <p className="rf-dim" style={{ margin: 0 }}>
        By content: {formatCount(report.dicomFiles)} DICOM, {formatCount(report.niftiFiles)} NIfTI,{' '}
        {formatCount(report.sidecarFiles)} sidecars, {formatCount(report.otherFiles)} other files,{' '}
        {formatCount(report.unreadableFiles)} unreadable. By age: {formatCount(report.filesNew)} new,{' '}
        {formatCount(report.filesChanged)} changed, {formatCount(report.filesUnchanged)} unchanged
        {report.filesMissing > 0
          ? `; ${formatCount(report.filesMissing)} known files are not there any more`
          : ''}
        .
      </p>
    </section>
  );
}

function Stat({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{formatCount(value)}</dd>
    </div>
  );
}

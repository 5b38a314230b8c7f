import { IconAlertTriangleFilled, IconCircleCheckFilled } from '@tabler/icons-react';
import { useCall } from '../calls.ts';
import { Busy, ErrorPanel, Loaded } from '../ui/feedback.tsx';
import { canUseWebgl2 } from '../viewer/webgl.ts';

/** What this computer can do, each line with its evidence. */
export function Doctor() {
  const call = useCall('project.doctor', { part: 'machine' });
  // Asked apart: the network's self-test takes seconds.
  const inference = useCall('project.doctor', { part: 'inference' });
  const webgl = canUseWebgl2();
  return (
    <>
      <h2 className="rf-h2">This computer</h2>
      {inference.loading && !inference.data && <Busy what="Testing where the network runs…" />}
      {inference.error && (
        <ErrorPanel
          error={inference.error}
          onRetry={inference.reload}
          what="Could not test where the network runs."
        />
      )}
      <Loaded call={call} what="the checks of this computer">
        {(rows) => (
          <ul className="rf-list">
            {[
              ...rows,
              ...(inference.data ?? []),
              {
                name: 'Graphics driver',
                ok: webgl,
                detail: webgl
                  ? 'WebGL2 works: the interactive viewer is available.'
                  : 'No WebGL2: still pictures are shown in place of the viewer.',
              },
            ].map((row) => (
              <li
                key={`${row.name} ${row.detail}`}
                className="rf-row"
                style={{ alignItems: 'baseline', flexWrap: 'nowrap', padding: '0.125rem 0' }}
              >
                <span
                  className={row.ok ? 'rf-ok' : 'rf-warning'}
                  style={{ display: 'inline-flex', alignSelf: 'start', marginTop: 3 }}
                >
                  {row.ok ? (
                    <IconCircleCheckFilled size="0.9rem" aria-hidden />
                  ) : (
                    <IconAlertTriangleFilled size="0.9rem" aria-hidden />
                  )}
                  <span className="rf-hidden">{row.ok ? 'Works' : 'Needs attention'}</span>
                </span>
                <strong style={{ whiteSpace: 'nowrap' }}>{row.name}</strong>
                <span className="rf-dim">{row.detail}</span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </>
  );
}

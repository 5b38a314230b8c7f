import { useEffect } from 'react';
import { useCall } from '../calls.ts';
import { setParams, useRoute } from '../route.ts';
import { Empty, Loaded } from '../ui/feedback.tsx';
import { Cockpit } from './cockpit.tsx';
import { QueueList } from './queue-list.tsx';
import { useQueue } from './use-queue.ts';
import './review.css';

/** Worst first, one scan a screen. */
export function ReviewScreen() {
  const { params } = useRoute();
  const filter = params.filter === 'all' ? 'all' : 'pending';
  const queue = useQueue(filter);
  const wanted = Number(params.item ?? 0);
  const firstId = queue.entries[0]?.derivativeId;
  useEffect(() => {
    if (wanted === 0 && firstId !== undefined) setParams({ item: firstId });
  }, [wanted, firstId]);
  const settings = useCall('project.settings', {});
  return (
    <Loaded call={queue.call} what="the review queue">
      {() =>
        wanted === 0 && queue.entries.length === 0 ? (
          <div className="rf-review-empty">
            <QueueList queue={queue} filter={filter} current={0} />
            <Empty
              title={
                filter === 'pending' ? 'Nothing waits for a person.' : 'No scan has been de-identified yet.'
              }
            >
              {filter === 'pending'
                ? 'Scans that the automatic checks are not sure of will appear here, worst first. “All” shows every de-identified scan.'
                : 'Start a batch under De-identify; each finished scan can be reviewed here.'}
            </Empty>
          </div>
        ) : (
          <div className="rf-cockpit">
            <QueueList queue={queue} filter={filter} current={wanted} />
            {wanted > 0 && (
              <Cockpit
                key={wanted}
                derivativeId={wanted}
                queue={queue}
                savedReviewer={settings.data?.reviewer}
              />
            )}
          </div>
        )
      }
    </Loaded>
  );
}

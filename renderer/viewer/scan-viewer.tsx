import { SegmentedControl, Slider } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { ReplyError, toReplyError } from '../client.ts';
import { Busy, ErrorPanel } from '../ui/feedback.tsx';
import { LinkedPair, type PairMode } from './linked-pair.ts';
import { canUseWebgl2 } from './webgl.ts';
import './viewer.css';

interface Props {
  /** URLs of the two volumes, relative to the page. */
  before: string;
  after: string;
  /** Still pictures for computers without WebGL2. */
  fallback: ReactNode;
}

/** Before and after in one WebGL context, linked: a swipe line or an overlay. */
export function ScanViewer({ before, after, fallback }: Props) {
  if (!canUseWebgl2())
    return (
      <>
        <div className="rf-note" data-level="warning" role="status">
          <strong>Graphics driver:</strong> this computer offers no WebGL2, so the interactive viewer is off
          and still pictures are shown. The files are not affected. A newer graphics driver usually brings the
          viewer back.
        </div>
        {fallback}
      </>
    );
  return <Interactive before={before} after={after} />;
}

function Interactive({ before, after }: { before: string; after: string }) {
  const host = useRef<HTMLDivElement>(null);
  const pair = useRef<LinkedPair>(undefined);
  const [mode, setMode] = useState<PairMode>('swipe');
  const [position, setPosition] = useState(50);
  const [error, setError] = useState<ReplyError>();
  const [ready, setReady] = useState(false);
  const [where, setWhere] = useState('');

  useEffect(() => {
    let alive = true;
    setReady(false);
    setError(undefined);
    const made = LinkedPair.shared();
    pair.current = made;
    made.onLocation = setWhere;
    made.onLost = () =>
      setError(
        new ReplyError(
          'graphics-lost',
          'The graphics driver took its context back.',
          'Switch the viewer off and on again. The files are not affected; the still pictures go on working.',
        ),
      );
    if (host.current) made.mount(host.current);
    made
      .load(before, after)
      .then(() => alive && setReady(true))
      .catch((reason) => alive && setError(toReplyError(reason)));
    return () => {
      alive = false;
      made.unmount();
    };
  }, [before, after]);
  useEffect(() => {
    if (ready) pair.current?.show(mode, position / 100);
  }, [ready, mode, position]);

  return (
    <div className="rf-viewer">
      <div className="rf-row" style={{ flexWrap: 'nowrap' }}>
        <SegmentedControl
          aria-label="Compare by"
          value={mode}
          onChange={(value) => setMode(value as PairMode)}
          data={[
            { value: 'swipe', label: 'Swipe' },
            { value: 'overlay', label: 'Overlay' },
          ]}
        />
        <span className="rf-dim">before</span>
        <Slider
          style={{ flex: 1 }}
          size="sm"
          thumbLabel={mode === 'swipe' ? 'Swipe line' : 'How much of the de-identified scan shows'}
          label={(value) => `${value} %`}
          value={position}
          onChange={setPosition}
        />
        <span className="rf-dim">after</span>
      </div>
      {error && <ErrorPanel error={error} what="The viewer could not show this scan." />}
      <div className="rf-viewer-box">
        <div ref={host} className="rf-viewer-host" />
        {!ready && !error && <Busy what="Loading both volumes…" />}
      </div>
      <div className="rf-dim rf-clip">
        {where || 'Drag moves the crosshair, right drag changes the window, the wheel changes the slice.'}
      </div>
    </div>
  );
}

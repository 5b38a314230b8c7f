import { Select } from '@mantine/core';
import { useAction, useCall } from '../calls.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { formatVoxelSize } from '../ui/format.ts';

const BY_RULE = 'rule';

/** Which scan of the session leads; shown where a session has more than one scan. */
export function SessionLead({ seriesId }: { seriesId: number }) {
  const call = useCall('deidentify.session', { seriesId });
  const choose = useAction('deidentify.setPrimary');
  const session = call.data;
  if (!session || session.scans.length < 2) return null;
  const name = (scan: (typeof session.scans)[number]) =>
    `${scan.kind} ${formatVoxelSize(scan.voxelSizeMm)} mm, series ${scan.seriesId}${scan.description ? `, ${scan.description}` : ''}`;
  return (
    <>
      {choose.error && <ErrorPanel error={choose.error} />}
      <Select
        label="Leading scan of the session"
        description={`Brain and face are found in it and carried to the other ${session.scans.length - 1} by rigid registration. ${session.reason}`}
        allowDeselect={false}
        disabled={choose.busy}
        data={[
          { value: BY_RULE, label: 'By rule: the finest T1-weighted 3-D scan' },
          ...session.scans.map((scan) => ({ value: String(scan.seriesId), label: name(scan) })),
        ]}
        value={session.chosenBy === 'user' ? String(session.primary) : BY_RULE}
        onChange={(value) => {
          if (value === null) return;
          const chosen = value === BY_RULE ? null : Number(value);
          void choose.run({ studyId: session.studyId, seriesId: chosen });
        }}
      />
    </>
  );
}

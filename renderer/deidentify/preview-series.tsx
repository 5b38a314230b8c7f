import { Button, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { useCall } from '../calls.ts';
import { setParams, useRoute } from '../route.ts';
import { StateChip } from '../ui/state.tsx';

/** Which scan the preview shows: the first one of the project until a person searches for another. */
export function PreviewSeries({ seriesId }: { seriesId: number }) {
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text, 200);
  const list = useCall('catalog.list', {
    search,
    states: ['queued', 'needs-review', 'passed', 'failed'],
    limit: 50,
  });
  const chosen = useCall(seriesId > 0 ? 'catalog.series' : null, { id: seriesId });
  const firstId = list.data?.rows[0]?.id;
  // For a moment this is still shown while the address is another step's already.
  const here = useRoute().step === 'deidentify';
  useEffect(() => {
    if (here && seriesId === 0 && firstId !== undefined) setParams({ preview: firstId });
  }, [here, seriesId, firstId]);
  const rows = list.data?.rows ?? [];
  const now = chosen.data?.row;
  const data = rows.map((row) => ({
    value: String(row.id),
    label: `${row.subjectLabel} · ${row.sessionLabel} · ${row.kind} · ${row.description}`,
  }));
  if (now && !rows.some((row) => row.id === now.id))
    data.unshift({
      value: String(now.id),
      label: `${now.subjectLabel} · ${now.sessionLabel} · ${now.kind} · ${now.description}`,
    });
  return (
    <div className="rf-row">
      <Select
        aria-label="Series to preview"
        style={{ flex: '1 1 22rem', maxWidth: '40rem' }}
        searchable
        filter={({ options }) => options}
        onSearchChange={setText}
        nothingFoundMessage={list.loading ? 'Searching…' : 'No series matches'}
        data={data}
        value={seriesId > 0 ? String(seriesId) : null}
        onChange={(value) => value && setParams({ preview: value })}
        placeholder="Choose a series to preview"
      />
      {now && <StateChip state={now.state} />}
      {seriesId > 0 && (
        <Button variant="default" onClick={() => setParams({ series: seriesId })}>
          Details
        </Button>
      )}
    </div>
  );
}

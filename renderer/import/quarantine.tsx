import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import { useAction, useCall } from '../calls.ts';
import { EVERY_SERIES, useSeriesPages } from '../project/series-query.ts';
import { SeriesTable } from '../project/series-table.tsx';
import { setParams } from '../route.ts';
import { Empty, ErrorPanel, Loaded } from '../ui/feedback.tsx';
import { formatCount, plural } from '../ui/format.ts';
import { asKind, KIND_CHOICES } from './kinds.ts';
import { ReasonDialog } from './reason-dialog.tsx';

/** What was set aside, class by class with its meaning, and the means to take it back. */
export function Quarantine() {
  const call = useCall('import.quarantine', {});
  const [chosen, setChosen] = useState<string>();
  return (
    <Loaded call={call} what="the quarantine">
      {(rows) => {
        const classes = rows.filter((row) => row.count > 0);
        const now = classes.find((row) => row.class === chosen) ?? classes[0];
        if (!now)
          return (
            <Empty title="Nothing is set aside.">Every series of the import is in the project table.</Empty>
          );
        return (
          <div
            className="rf-columns"
            style={{
              gridTemplateColumns: '17rem minmax(0, 1fr)',
              flex: 1,
              minHeight: 0,
              alignItems: 'stretch',
            }}
          >
            <ul className="rf-list" style={{ overflow: 'auto' }} aria-label="Classes">
              {classes.map((row) => (
                <li key={row.class}>
                  <button
                    type="button"
                    className="rf-option"
                    aria-pressed={row.class === now.class}
                    onClick={() => setChosen(row.class)}
                  >
                    <strong>{row.class.replaceAll('-', ' ')}</strong> <span>{formatCount(row.count)}</span>
                    <span className="rf-dim">{row.meaning}</span>
                  </button>
                </li>
              ))}
            </ul>
            <ClassTable key={now.class} name={now.class} />
          </div>
        );
      }}
    </Loaded>
  );
}

function ClassTable({ name }: { name: string }) {
  const [query, setQuery] = useState({ ...EVERY_SERIES, quarantine: name });
  const [ticked, setTicked] = useState<ReadonlySet<number>>(new Set());
  const [excluding, setExcluding] = useState(false);
  const pages = useSeriesPages(query);
  const include = useAction('import.include');
  const exclude = useAction('import.exclude');
  const setKind = useAction('import.setKind');
  const ids = [...ticked];
  const done = (result: unknown) => result !== undefined && setTicked(new Set());
  const error = include.error ?? exclude.error ?? setKind.error;
  const tickShown = () => {
    const next = new Set<number>();
    for (let index = 0; index < pages.total; index++) {
      const row = pages.row(index);
      if (row) next.add(row.id);
    }
    setTicked(next);
  };
  return (
    <div className="rf-fill">
      <div className="rf-row">
        <span role="status">{plural(ids.length, 'series', 'series')} ticked</span>
        <Button variant="default" onClick={ids.length > 0 ? () => setTicked(new Set()) : tickShown}>
          {ids.length > 0 ? 'Untick all' : 'Tick loaded'}
        </Button>
        <Button
          variant="default"
          disabled={ids.length === 0}
          loading={include.busy}
          onClick={() => void include.run({ seriesIds: ids }).then(done)}
        >
          Include
        </Button>
        <Button
          variant="default"
          disabled={ids.length === 0}
          loading={exclude.busy}
          onClick={() => setExcluding(true)}
        >
          Exclude
        </Button>
        <Select
          aria-label="Set kind of the ticked series"
          placeholder="Set kind"
          w={170}
          disabled={ids.length === 0 || setKind.busy}
          data={KIND_CHOICES}
          value={null}
          onChange={(value) => {
            const kind = asKind(value);
            if (kind) void setKind.run({ seriesIds: ids, kind }).then(done);
          }}
        />
      </div>
      {error && <ErrorPanel error={error} />}
      <SeriesTable
        pages={pages}
        query={query}
        label={`Series set aside as ${name.replaceAll('-', ' ')}`}
        hide={['format', 'face', 'voxel']}
        selected={ticked}
        onSelect={setTicked}
        onSort={(sort, descending) => setQuery({ ...query, sort, descending })}
        onOpen={(row) => setParams({ series: row.id })}
        empty={<Empty title="Nothing left in this class." />}
      />
      <ReasonDialog
        opened={excluding}
        title={`Exclude ${plural(ids.length, 'series', 'series')}`}
        action="Exclude"
        onClose={() => setExcluding(false)}
        onConfirm={(reason) => {
          setExcluding(false);
          void exclude.run({ seriesIds: ids, reason }).then(done);
        }}
      />
    </div>
  );
}

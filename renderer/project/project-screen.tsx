import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useRef, useState } from 'react';
import type { ScanState } from '../../shared/import/records.ts';
import { DropZone } from '../import/drop-zone.tsx';
import { setParams } from '../route.ts';
import { Empty, Loaded } from '../ui/feedback.tsx';
import type { Shortcut } from '../ui/find-shortcut.ts';
import { formatCount, formatTime } from '../ui/format.ts';
import { RetryFailed } from '../ui/retry-failed.tsx';
import { useShortcuts } from '../ui/shortcuts.tsx';
import { Term } from '../ui/term.tsx';
import { EVERY_SERIES, type SeriesQuery, useSeriesPages } from './series-query.ts';
import { SeriesTable } from './series-table.tsx';
import { StateFilter } from './state-filter.tsx';
import { type ProjectSummary, useProject } from './use-project.ts';
import { Welcome } from './welcome.tsx';

/** Everything in the project and where it stands; on an empty project, the import. */
export function ProjectScreen() {
  const project = useProject();
  const [switching, setSwitching] = useState(false);
  if (switching)
    return (
      <>
        <Button variant="default" mb="sm" onClick={() => setSwitching(false)}>
          Back to this project
        </Button>
        <Welcome onOpened={() => setSwitching(false)} />
      </>
    );
  return (
    <Loaded call={project} what="the project">
      {(summary) =>
        summary === null ? null : (
          <div className="rf-fill">
            <Summary summary={summary} onSwitch={() => setSwitching(true)} />
            {summary.series === 0 ? <DropZone first /> : <SeriesBrowser />}
          </div>
        )
      }
    </Loaded>
  );
}

function Summary({ summary, onSwitch }: { summary: ProjectSummary; onSwitch: () => void }) {
  return (
    <section
      className="rf-panel rf-row"
      style={{ justifyContent: 'space-between' }}
      aria-label="Project summary"
    >
      <div style={{ minWidth: 0 }}>
        <h2 className="rf-h2" style={{ margin: 0 }}>
          {summary.name}
        </h2>
        <div className="rf-path rf-dim">{summary.dir}</div>
        <div className="rf-dim">created {formatTime(summary.createdAt).slice(0, 10)}</div>
      </div>
      <dl className="rf-stats">
        <div>
          <dt>Subjects</dt>
          <dd>{formatCount(summary.subjects)}</dd>
        </div>
        <div>
          <dt>
            <Term name="session">Sessions</Term>
          </dt>
          <dd>{formatCount(summary.sessions)}</dd>
        </div>
        <div>
          <dt>
            <Term name="series">Series</Term>
          </dt>
          <dd>{formatCount(summary.series)}</dd>
        </div>
        <div>
          <dt>Problems</dt>
          <dd>{formatCount(summary.problems)}</dd>
        </div>
        <div>
          <dt>
            <Term name="policy">Policy</Term>
          </dt>
          <dd>{summary.policyName}</dd>
        </div>
      </dl>
      <Button variant="default" onClick={onSwitch}>
        Other project
      </Button>
    </section>
  );
}

function SeriesBrowser() {
  const [query, setQuery] = useState<SeriesQuery>(EVERY_SERIES);
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text, 200);
  const pages = useSeriesPages({ ...query, search });
  const field = useRef<HTMLInputElement>(null);
  const shortcuts = useMemo<Shortcut[]>(
    () => [{ keys: '/', does: 'Search', run: () => field.current?.focus() }],
    [],
  );
  useShortcuts('Project', shortcuts);
  const failed = pages.extra?.failed ?? 0;
  const onlyFailed = query.states.length === 1 && query.states[0] === 'failed';
  return (
    <>
      <div className="rf-row">
        <TextInput
          ref={field}
          aria-label="Search series"
          placeholder="Search subject, session, kind, description"
          leftSection={<IconSearch size={14} aria-hidden />}
          style={{ flex: '1 1 16rem', maxWidth: '26rem' }}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <StateFilter
          counts={pages.extra}
          states={query.states}
          onChange={(states: ScanState[]) => setQuery({ ...query, states })}
        />
        {onlyFailed && failed > 0 && <RetryFailed />}
      </div>
      <SeriesTable
        pages={pages}
        query={query}
        label="Series"
        onSort={(sort, descending) => setQuery({ ...query, sort, descending })}
        onOpen={(row) => setParams({ series: row.id })}
        empty={
          <Empty title="No series match.">
            <span>Change the search or show all states.</span>
            <Button
              variant="default"
              onClick={() => {
                setText('');
                setQuery(EVERY_SERIES);
              }}
            >
              Show everything
            </Button>
          </Empty>
        }
      />
      <div className="rf-dim" role="status">
        {pages.ready ? `${formatCount(pages.total)} series shown` : ''}
      </div>
    </>
  );
}

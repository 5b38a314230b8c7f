import { Select, Table } from '@mantine/core';
import { useState } from 'react';
import type { SideBySide } from '../../shared/morphometry/records.ts';
import { setParams } from '../route.ts';
import { formatCount, formatPercent, plural } from '../ui/format.ts';
import { PlotFrame } from '../ui/plot-frame.tsx';
import { Term } from '../ui/term.tsx';
import { ENGINE_NAMES } from './engine-names.ts';
import { People } from './people.tsx';
import { agreementPlot, meanChangePlot } from './side-by-side-plots.ts';

/** Both engines over the four volumes they share: counts first, then means with intervals, then scan by scan. */
export function SideBySideView({ data }: { data: SideBySide }) {
  const [chosen, setChosen] = useState('GM');
  const structure = data.structures.find((item) => item.structure === chosen) ?? data.structures[0];
  const open = (seriesId: number) => setParams({ series: seriesId });
  const { both } = data;
  return (
    <>
      <section className="rf-table-scroll" tabIndex={0} aria-label="Both engines">
        <Table aria-label="Both engines">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Engine</Table.Th>
              {[
                'Scans looked at',
                'Failed before',
                'Failed after',
                'Compared',
                'Scans > 5 % in GM, WM, CSF or TIV',
                'Structures that differ (Holm)',
              ].map((title) => (
                <Table.Th key={title} ta="right">
                  {title}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.engines.map((engine) => (
              <Table.Tr key={engine.engine}>
                <Table.Th scope="row">{ENGINE_NAMES[engine.engine].short}</Table.Th>
                <Table.Td ta="right">{formatCount(engine.scans)}</Table.Td>
                <Table.Td ta="right">{formatCount(engine.failedBefore)}</Table.Td>
                <Table.Td ta="right">{formatCount(engine.failedAfter)}</Table.Td>
                <Table.Td ta="right">
                  {formatCount(engine.compared)}
                  <People scans={engine.compared} people={engine.people} />
                </Table.Td>
                <Table.Td ta="right">
                  <strong>{formatCount(engine.scansOver5Percent)}</strong>
                </Table.Td>
                <Table.Td ta="right">
                  {engine.tested === 0 ? '–' : `${engine.significantHolm} of ${engine.tested}`}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
      <div className="rf-columns" style={{ gridTemplateColumns: 'repeat(auto-fit, minmax(28rem, 1fr))' }}>
        <PlotFrame
          title="Mean change by each engine"
          note={
            <>
              Lines are 95 % bootstrap intervals of the mean; grey bars the{' '}
              <Term name="floor">scan–rescan floor</Term>.
            </>
          }
          fileName="both-engines-mean-change.svg"
          make={(width) => meanChangePlot(data.structures, width)}
          inputs={data}
        />
        {structure && (
          <PlotFrame
            title={`${structure.structure}: one engine against the other`}
            note={`${plural(structure.pairs.length, 'scan')} that both engines compared; the dashed lines mark 5 %, the slanted one agreement.`}
            fileName={`both-engines-${structure.structure}.svg`}
            make={(width) => agreementPlot(structure, width)}
            inputs={structure}
            onPoint={open}
          />
        )}
        <section className="rf-panel" style={{ gridColumn: '1 / -1' }}>
          <div className="rf-row" style={{ justifyContent: 'space-between', alignItems: 'flex-end' }}>
            <h2 className="rf-h2">Structure by structure</h2>
            <Select
              label="Structure in the plot"
              w={140}
              allowDeselect={false}
              data={data.structures.map((item) => item.structure)}
              value={structure?.structure ?? null}
              onChange={(value) => setChosen(value ?? 'GM')}
            />
          </div>
          <StructureRows data={data} />
          <p className="rf-dim" style={{ marginTop: '0.5rem' }}>
            Of {plural(both.scans, 'scan')} that both engines compared, both saw more than 5 % in{' '}
            {formatCount(both.overInBoth)}, the tissue engine alone in {formatCount(both.overInTissueOnly)},
            the regional engine alone in {formatCount(both.overInRegionalOnly)}.
          </p>
        </section>
      </div>
    </>
  );
}

function StructureRows({ data }: { data: SideBySide }) {
  return (
    <Table
      aria-label="Mean change per structure and engine"
      horizontalSpacing={6}
      style={{ whiteSpace: 'nowrap' }}
    >
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Structure</Table.Th>
          <Table.Th>Engine</Table.Th>
          <Table.Th ta="right">Mean change</Table.Th>
          <Table.Th ta="right">95 % interval</Table.Th>
          <Table.Th ta="right">Floor</Table.Th>
          <Table.Th ta="right">Scans &gt; 5 %</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {data.structures.flatMap(({ structure, engines }) =>
          engines.map((side) => (
            <Table.Tr key={`${structure} ${side.engine}`}>
              <Table.Th scope="row">{structure}</Table.Th>
              <Table.Td>{ENGINE_NAMES[side.engine].short}</Table.Td>
              <Table.Td ta="right">{formatPercent(side.meanPercentChange)}</Table.Td>
              <Table.Td ta="right">
                {side.ciLow === null
                  ? '–'
                  : `${formatPercent(side.ciLow).replace(' %', '')} to ${formatPercent(side.ciHigh)}`}
              </Table.Td>
              <Table.Td ta="right">{formatPercent(side.floorPercent).replace('+', '')}</Table.Td>
              <Table.Td ta="right">
                {formatCount(side.over5Percent)} of {formatCount(side.n)}
              </Table.Td>
            </Table.Tr>
          )),
        )}
      </Table.Tbody>
    </Table>
  );
}

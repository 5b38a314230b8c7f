import { Table } from '@mantine/core';
import { IconAlertTriangleFilled, IconCircleCheckFilled } from '@tabler/icons-react';
import type { ModelSummary } from '../../shared/models/records.ts';
import { formatBytes } from '../ui/format.ts';
import { Term } from '../ui/term.tsx';
import './models.css';

const TASKS: Record<ModelSummary['task'], string> = {
  'head-segmentation': 'names every part of a head',
  'face-generation': 'generates faces',
  'average-head': 'the average head',
  'face-shapes': 'how faces differ in shape',
};
const ORIGINS: Record<ModelSummary['origin'], string> = {
  shipped: 'shipped with Refacade',
  pack: 'a model pack',
};

/** What a model is for, in a few words. */
export function taskOf(model: ModelSummary): string {
  return TASKS[model.task];
}

/** Ready or damaged, as a word and a shape. */
export function ModelState({ model }: { model: ModelSummary }) {
  const ready = model.state === 'ready';
  return (
    <span className={`rf-state ${ready ? 'rf-ok' : 'rf-error'}`}>
      {ready ? (
        <IconCircleCheckFilled size="0.9rem" aria-hidden />
      ) : (
        <IconAlertTriangleFilled size="0.9rem" aria-hidden />
      )}
      {ready ? 'Ready' : 'Damaged'}
    </span>
  );
}

/** The card of a model in full: what it is, what it learned from, how good it is, and where it must not be trusted. */
export function ModelCardView({ model }: { model: ModelSummary }) {
  return (
    <div className="rf-columns">
      {model.state === 'damaged' && (
        <div className="rf-note" data-level="error">
          <strong>Damaged: it is not used.</strong>
          <div>{model.reason}</div>
        </div>
      )}
      {model.description && <p style={{ margin: 0 }}>{model.description}</p>}
      <dl className="rf-facts">
        <dt>State</dt>
        <dd>
          <ModelState model={model} />
        </dd>
        <dt>What it does</dt>
        <dd>{taskOf(model)}</dd>
        {model.reference && (
          <>
            <dt>Paper</dt>
            <dd>{model.reference}</dd>
          </>
        )}
        <dt>Version</dt>
        <dd>
          {model.id} {model.version}, {ORIGINS[model.origin]}
        </dd>
        <dt>Licence</dt>
        <dd>{model.licence}</dd>
        <dt>Size</dt>
        <dd>{formatBytes(model.bytes)}</dd>
        <dt>
          <Term name="checksum">Checksum</Term>
        </dt>
        <dd className="rf-path">{model.sha256}</dd>
      </dl>
      <Scores scores={model.scores} />
      <section>
        <h3 className="rf-h3">Limits</h3>
        {model.limitations.length === 0 ? (
          <p className="rf-dim">The card states none.</p>
        ) : (
          <ul className="rf-bullets">
            {model.limitations.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
      </section>
      <section>
        <h3 className="rf-h3">Training data</h3>
        {model.trainingData.length === 0 ? (
          <p className="rf-dim">The card names none.</p>
        ) : (
          <ul className="rf-list">
            {model.trainingData.map((item) => (
              <li key={`${item.name} ${item.use}`} className="rf-source">
                <strong>{item.name}</strong>
                {item.use && <div>{item.use}</div>}
                <div className="rf-dim">
                  {item.licence}
                  {item.attribution && ` · ${item.attribution}`}
                </div>
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  );
}

function Scores({ scores }: { scores: ModelSummary['scores'] }) {
  return (
    <section>
      <h3 className="rf-h3">Measured</h3>
      {scores.length === 0 ? (
        <p className="rf-dim">The card holds no figures.</p>
      ) : (
        <Table aria-label="Measured scores" verticalSpacing={3}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>What, and how it was measured</Table.Th>
              <Table.Th>Value</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {scores.map((score) => (
              <Table.Tr key={`${score.name} ${score.how}`}>
                <Table.Td style={{ verticalAlign: 'top' }}>
                  {score.name}
                  {score.how && <div className="rf-dim">{score.how}</div>}
                </Table.Td>
                <Table.Td style={{ verticalAlign: 'top' }}>{score.value}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </section>
  );
}

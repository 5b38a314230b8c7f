import { Button, Table } from '@mantine/core';
import { IconAlertTriangleFilled } from '@tabler/icons-react';
import type { MethodInfo } from '../../shared/deidentify/records.ts';
import type { ModelSummary } from '../../shared/models/records.ts';
import { useCall } from '../calls.ts';
import { ModelCardView } from '../models/model-card-view.tsx';
import { setParams } from '../route.ts';
import { SideDialog } from '../ui/dialog.tsx';
import { Loaded } from '../ui/feedback.tsx';
import { KIND_WORDS } from './method-words.ts';

/** Everything to know about a method before choosing it, with the card of the model it runs on. */
export function AboutMethod({ method }: { method: MethodInfo }) {
  const models = useCall('models.list', {});
  return (
    <SideDialog
      opened
      onClose={() => setParams({ about: undefined })}
      size="min(42rem, 92vw)"
      title={method.title}
    >
      <div className="rf-columns">
        {method.unavailable && (
          <div className="rf-note" data-level="error">
            <strong>Cannot be used here.</strong>
            <div>{method.unavailable}</div>
          </div>
        )}
        <p style={{ margin: 0 }}>{method.summary}</p>
        {method.caution && (
          <div className="rf-note" data-level="warning">
            <span className="rf-state rf-warning">
              <IconAlertTriangleFilled size="0.9rem" aria-hidden />
              Caution
            </span>{' '}
            {method.caution}
          </div>
        )}
        <dl className="rf-facts">
          <dt>What it does</dt>
          <dd>{KIND_WORDS[method.kind]}</dd>
          <dt>Paper</dt>
          <dd>{method.reference}</dd>
          <dt>Version</dt>
          <dd>
            {method.id} {method.version}
          </dd>
          <dt>Runs on</dt>
          <dd>
            {method.model
              ? `the network ${method.model}, on this computer`
              : 'no network of its own; the scan, the settings and the seed decide'}
          </dd>
        </dl>
        <Loaded call={models} what="the model cards">
          {(all) => <Cards method={method} models={modelsOf(method, all)} />}
        </Loaded>
        <Parameters method={method} />
        <div>
          <Button variant="default" onClick={() => setParams({ about: undefined, computer: 1 })}>
            All models of this computer
          </Button>
        </div>
      </div>
    </SideDialog>
  );
}

/** The model a method names, others that say they serve it, and the shapes that generated faces are drawn from. */
function modelsOf(method: MethodInfo, all: readonly ModelSummary[]): ModelSummary[] {
  return all.filter(
    (model) =>
      model.id === method.model ||
      model.method === method.id ||
      (method.model !== null && model.task === 'face-shapes'),
  );
}

function Cards({ method, models }: { method: MethodInfo; models: readonly ModelSummary[] }) {
  if (models.length === 0 && method.model === null) return null;
  return (
    <>
      <h2 className="rf-h2" style={{ margin: 0 }}>
        {models.length > 1 ? 'Its models' : 'Its model'}
      </h2>
      {models.length === 0 && (
        <p className="rf-dim">
          This installation has no model “{method.model}”. Add it as a model pack, or install Refacade again.
        </p>
      )}
      {models.map((model) => (
        <section
          className="rf-panel"
          key={`${model.origin} ${model.id}`}
          aria-label={`Card of ${model.title}`}
        >
          <h2>{model.title}</h2>
          <ModelCardView model={model} />
        </section>
      ))}
    </>
  );
}

function Parameters({ method }: { method: MethodInfo }) {
  if (method.params.length === 0) return null;
  return (
    <section>
      <h3 className="rf-h3">Settings, changed in the policy</h3>
      <Table aria-label="Settings of the method" verticalSpacing={3}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Setting</Table.Th>
            <Table.Th>Default</Table.Th>
            <Table.Th>Range</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {method.params.map((param) => (
            <Table.Tr key={param.name}>
              <Table.Td>
                {param.label}
                <div className="rf-dim">{param.meaning}</div>
              </Table.Td>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>
                {defaultOf(method, param.name)} {param.unit}
              </Table.Td>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>
                {param.min === null && param.max === null
                  ? param.region
                    ? 'on or off'
                    : '–'
                  : `${param.min ?? ''} – ${param.max ?? ''}`}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function defaultOf(method: MethodInfo, name: string): string {
  const value = method.defaults[name];
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value ?? '–');
}

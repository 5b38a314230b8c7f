import { Button } from '@mantine/core';
import { useState } from 'react';
import type { ModelSummary } from '../../shared/models/records.ts';
import { useAction, useCall } from '../calls.ts';
import { Dialog, SideDialog } from '../ui/dialog.tsx';
import { Empty, ErrorPanel, Loaded } from '../ui/feedback.tsx';
import { formatBytes } from '../ui/format.ts';
import { AddPackDialog } from './add-pack-dialog.tsx';
import { MODEL_AREAS } from './model-areas.ts';
import { ModelCardView, ModelState, taskOf } from './model-card-view.tsx';

/** Every network and atlas of this installation, each with its card; packs can be added and removed. */
export function ModelsPanel() {
  const call = useCall('models.list', {});
  const [reading, setReading] = useState<ModelSummary>();
  const [removing, setRemoving] = useState<ModelSummary>();
  const [adding, setAdding] = useState(false);
  return (
    <>
      <div className="rf-row" style={{ justifyContent: 'space-between', marginBottom: 6 }}>
        <h2 className="rf-h2" style={{ margin: 0 }}>
          Models
        </h2>
        <Button variant="default" onClick={() => setAdding(true)}>
          Add a model pack…
        </Button>
      </div>
      <Loaded call={call} what="the models">
        {(models) =>
          models.length === 0 ? (
            <Empty title="No model in this installation.">
              Methods that need one cannot be chosen. Install Refacade again, or add a model pack.
            </Empty>
          ) : (
            <ul className="rf-list" aria-label="Models">
              {models.map((model) => (
                <li key={`${model.origin} ${model.id}`} className="rf-model">
                  <div style={{ minWidth: 0 }}>
                    <strong>{model.title}</strong> <ModelState model={model} />
                    <div className="rf-dim">
                      {taskOf(model)} · {model.id} {model.version} · {formatBytes(model.bytes)}
                      {model.origin === 'pack' && ' · added pack'}
                    </div>
                    {model.state === 'damaged' && <div className="rf-error">{model.reason}</div>}
                  </div>
                  <div className="rf-row" style={{ justifyContent: 'flex-end' }}>
                    {model.origin === 'pack' && (
                      <Button
                        variant="default"
                        aria-label={`Remove ${model.title}`}
                        onClick={() => setRemoving(model)}
                      >
                        Remove
                      </Button>
                    )}
                    <Button
                      variant="default"
                      aria-label={`Card of ${model.title}`}
                      onClick={() => setReading(model)}
                    >
                      Card
                    </Button>
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {/* Made when opened: made together with the drawer this panel may lie in, it would be hidden beneath that. */}
      {reading && (
        <SideDialog
          opened
          onClose={() => setReading(undefined)}
          size="min(38rem, 92vw)"
          title={reading.title}
        >
          <ModelCardView model={reading} />
        </SideDialog>
      )}
      {adding && <AddPackDialog onClose={() => setAdding(false)} />}
      {removing && <RemovePack model={removing} onClose={() => setRemoving(undefined)} />}
    </>
  );
}

function RemovePack({ model, onClose }: { model: ModelSummary; onClose: () => void }) {
  const remove = useAction('models.removePack', MODEL_AREAS);
  return (
    <Dialog opened onClose={onClose} title={`Remove ${model.title}?`}>
      <p style={{ marginTop: 0 }}>
        Its copy inside Refacade is deleted. A policy that names {model.id} cannot run until it is added
        again. The folder it was added from stays, and so do scans that were de-identified with it.
      </p>
      {remove.error && <ErrorPanel error={remove.error} what="The pack was not removed." />}
      <div className="rf-row" style={{ justifyContent: 'flex-end' }}>
        <Button variant="default" onClick={onClose}>
          Keep it
        </Button>
        <Button
          color="red.8"
          loading={remove.busy}
          onClick={() => void remove.run({ id: model.id }).then((answer) => answer && onClose())}
        >
          Remove pack
        </Button>
      </div>
    </Dialog>
  );
}

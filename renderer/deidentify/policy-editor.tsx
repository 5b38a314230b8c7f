import { Button, Checkbox, NumberInput, SegmentedControl, Select, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Policy } from '../../shared/deidentify/records.ts';
import { useAction } from '../calls.ts';
import { KIND_CHOICES } from '../import/kinds.ts';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorPanel } from '../ui/feedback.tsx';
import { AuditFields } from './audit-fields.tsx';
import { type HeaderOption, OPTION_WORDS, PIXEL_OPTION_WORDS } from './describe-policy.ts';
import { MethodFields } from './method-fields.tsx';

interface Props {
  policy: Policy & { builtIn?: boolean };
  builtIn: boolean;
  onClose: () => void;
  onSaved: (name: string) => void;
}

type OverrideAction = Policy['overrides'][string];
const ACTIONS: { value: OverrideAction; label: string }[] = [
  { value: 'D', label: 'D: replace by a dummy' },
  { value: 'Z', label: 'Z: empty' },
  { value: 'X', label: 'X: remove' },
  { value: 'K', label: 'K: keep' },
  { value: 'C', label: 'C: clean' },
  { value: 'U', label: 'U: replace the UID' },
];

/** The whole recipe in one dialog. A built-in policy is saved under a new name. */
export function PolicyEditor({ policy, builtIn, onClose, onSaved }: Props) {
  const { builtIn: _stored, ...start } = policy;
  const [draft, setDraft] = useState<Policy>({
    ...start,
    name: builtIn ? `${policy.name} (own)` : policy.name,
  });
  const [attribute, setAttribute] = useState('');
  const [action, setAction] = useState<OverrideAction>('X');
  const save = useAction('deidentify.savePolicy', ['deidentify', 'project']);
  const change = (part: Partial<Policy>) => setDraft({ ...draft, ...part });
  const setOption = (key: HeaderOption, value: boolean) => {
    const options = { ...draft.options, [key]: value };
    // Full and modified dates exclude each other.
    if (value && key === 'retainLongitudinalFullDates') options.retainLongitudinalModifiedDates = false;
    if (value && key === 'retainLongitudinalModifiedDates') options.retainLongitudinalFullDates = false;
    change({ options });
  };
  return (
    <Dialog
      opened
      onClose={onClose}
      title={builtIn ? 'Edit a copy of a built-in policy' : 'Edit policy'}
      size="xl"
    >
      <form
        className="rf-columns"
        onSubmit={(event) => {
          event.preventDefault();
          void save.run({ policy: draft }).then((made) => made && onSaved(made.name));
        }}
      >
        <div className="rf-columns" style={{ gridTemplateColumns: '1fr 1.4fr' }}>
          <TextInput
            label="Name"
            required
            maxLength={80}
            value={draft.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
          />
          <Textarea
            label="Description"
            autosize
            minRows={1}
            value={draft.description}
            onChange={(event) => change({ description: event.currentTarget.value })}
          />
        </div>
        <fieldset className="rf-panel">
          <legend>PS3.15 options. The Basic Profile is always on.</legend>
          <div className="rf-columns" style={{ gridTemplateColumns: '1fr 1fr', gap: '0.5rem 1rem' }}>
            {Object.values(PIXEL_OPTION_WORDS).map(({ title, code, meaning, claimed }) => (
              <Checkbox
                key={code}
                checked={claimed}
                disabled
                label={`${title} (${code})`}
                description={meaning}
              />
            ))}
            {(Object.keys(OPTION_WORDS) as HeaderOption[]).map((key) => (
              <Checkbox
                key={key}
                checked={draft.options[key]}
                onChange={(event) => setOption(key, event.currentTarget.checked)}
                label={`${OPTION_WORDS[key].title} (${OPTION_WORDS[key].code})`}
                description={OPTION_WORDS[key].meaning}
              />
            ))}
          </div>
        </fieldset>
        <fieldset className="rf-panel">
          <legend>Single attributes</legend>
          {Object.entries(draft.overrides).map(([key, value]) => (
            <div className="rf-row" key={key}>
              <span className="rf-path">{key}</span> {ACTIONS.find((item) => item.value === value)?.label}
              <Button
                variant="default"
                size="compact-xs"
                aria-label={`Remove the rule for ${key}`}
                onClick={() => {
                  const { [key]: _gone, ...overrides } = draft.overrides;
                  change({ overrides });
                }}
              >
                Remove rule
              </Button>
            </div>
          ))}
          <div className="rf-row" style={{ alignItems: 'flex-end' }}>
            <TextInput
              label="Tag or keyword"
              placeholder="00081030 or StudyDescription"
              value={attribute}
              onChange={(event) => setAttribute(event.currentTarget.value)}
            />
            <Select
              label="Action"
              allowDeselect={false}
              data={ACTIONS}
              value={action}
              onChange={(value) => value && setAction(value as OverrideAction)}
            />
            <Button
              variant="default"
              disabled={attribute.trim() === ''}
              onClick={() => {
                change({ overrides: { ...draft.overrides, [attribute.trim()]: action } });
                setAttribute('');
              }}
            >
              Add rule
            </Button>
          </div>
          <SegmentedControl
            mt="xs"
            aria-label="Attributes that no table lists"
            value={draft.unknownAttributes}
            onChange={(value) => change({ unknownAttributes: value as Policy['unknownAttributes'] })}
            data={[
              { value: 'remove', label: 'Remove unknown attributes' },
              { value: 'keep', label: 'Keep unknown attributes' },
            ]}
          />
        </fieldset>
        <MethodFields draft={draft} onChange={change} />
        <fieldset className="rf-panel">
          <legend>What may leave</legend>
          <div className="rf-row">
            {KIND_CHOICES.map((kind) => (
              <Checkbox
                key={kind.value}
                label={kind.value}
                checked={draft.shareKinds.includes(kind.value)}
                onChange={(event) =>
                  change({
                    shareKinds: event.currentTarget.checked
                      ? [...draft.shareKinds, kind.value]
                      : draft.shareKinds.filter((other) => other !== kind.value),
                  })
                }
              />
            ))}
          </div>
          <SegmentedControl
            mt="xs"
            aria-label="Review"
            value={draft.review}
            onChange={(value) => change({ review: value as Policy['review'] })}
            data={[
              { value: 'exceptions', label: 'A person looks at exceptions' },
              { value: 'all', label: 'A person looks at every scan' },
            ]}
          />
          <Checkbox
            mt="xs"
            checked={draft.includeEditMask}
            onChange={(event) => change({ includeEditMask: event.currentTarget.checked })}
            label="Share the edit mask"
            description="Caution: the mask gives away where the face began, which helps an attack that regrows it."
          />
          <Checkbox
            mt="xs"
            checked={draft.receiptPictures}
            onChange={(event) => change({ receiptPictures: event.currentTarget.checked })}
            label="Small pictures of the de-identified scans in the receipt"
          />
        </fieldset>
        <fieldset className="rf-panel">
          <legend>Limits of the automatic verdict</legend>
          <div className="rf-row">
            <NumberInput
              label="Least share of face surface changed"
              min={0}
              max={1}
              step={0.05}
              value={draft.limits.minFaceSurfaceChanged}
              onChange={(value) =>
                change({ limits: { ...draft.limits, minFaceSurfaceChanged: Number(value) } })
              }
            />
            <NumberInput
              label="Smallest brain, mm³"
              min={0}
              step={10000}
              thousandSeparator=","
              value={draft.limits.minBrainMm3}
              onChange={(value) => change({ limits: { ...draft.limits, minBrainMm3: Number(value) } })}
            />
            <NumberInput
              label="Largest brain, mm³"
              min={0}
              step={10000}
              thousandSeparator=","
              value={draft.limits.maxBrainMm3}
              onChange={(value) => change({ limits: { ...draft.limits, maxBrainMm3: Number(value) } })}
            />
          </div>
        </fieldset>
        <AuditFields limits={draft.audit} onChange={(audit) => change({ audit })} />
        {save.error && <ErrorPanel error={save.error} what="The policy was not saved." />}
        <div className="rf-row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.busy}>
            Save policy
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

import { Checkbox, NumberInput, SegmentedControl } from '@mantine/core';
import type { AuditLimits } from '../../shared/risk/records.ts';

/** When an audited scan counts as safe, and what follows when it does not; each field in a coordinator's words. */
export function AuditFields({
  limits,
  onChange,
}: {
  limits: AuditLimits;
  onChange: (limits: AuditLimits) => void;
}) {
  const change = (part: Partial<AuditLimits>) => onChange({ ...limits, ...part });
  return (
    <fieldset className="rf-panel">
      <legend>Audit: can the face still be recognised?</legend>
      <div className="rf-columns" style={{ gridTemplateColumns: '1fr 1fr', gap: '0.5rem 1rem' }}>
        <PercentInput
          label="Strangers let through, %"
          description="A head counts as recognised when it is as much like its own original as only this share of strangers would be. More is stricter: weaker likeness counts."
          min={0.1}
          max={20}
          step={0.5}
          share={limits.maxFalseAccept}
          onShare={(maxFalseAccept) => change({ maxFalseAccept })}
        />
        <PercentInput
          label="Least distance, % of an average face’s"
          description="How far the new face must lie from the true one. At 100 % it gives away no more than the face of an average head does; below the limit the scan is at risk."
          min={0}
          max={200}
          step={5}
          share={limits.minDistanceShare}
          onShare={(minDistanceShare) => change({ minDistanceShare })}
        />
        <PercentInput
          label="Untouched heads found again, at least %"
          description="A network that finds fewer of the untouched heads, in another pose and light, is not relied on: it would miss the edited ones too."
          min={0}
          max={100}
          step={5}
          share={limits.minUpperBound}
          onShare={(minUpperBound) => change({ minUpperBound })}
        />
        <NumberInput
          label="Fewest people for a claim"
          description="Counted with heads borrowed to fill up the gallery. With fewer the audit says “cannot tell” about recognition."
          min={2}
          max={1000}
          allowDecimal={false}
          value={limits.minPeople}
          onChange={(value) => value !== '' && change({ minPeople: Number(value) })}
        />
      </div>
      <div className="rf-row" style={{ marginTop: '0.5rem' }}>
        <span>Where the audit cannot tell:</span>
        <SegmentedControl
          aria-label="Where the audit cannot tell"
          value={limits.cannotTell}
          onChange={(value) => change({ cannotTell: value as AuditLimits['cannotTell'] })}
          data={[
            { value: 'keep', label: 'Keep the verdict of the other checks' },
            { value: 'review', label: 'A person looks at it' },
          ]}
        />
      </div>
      <Checkbox
        mt="xs"
        checked={limits.beforeShare}
        onChange={(event) => change({ beforeShare: event.currentTarget.checked })}
        label="A scan that was not audited may not leave"
        description="A scan at risk never leaves without a person who accepts it, whatever is set here."
      />
    </fieldset>
  );
}

/** A share 0…1, typed in percent. */
function PercentInput({
  label,
  description,
  min,
  max,
  step,
  share,
  onShare,
}: {
  label: string;
  description: string;
  min: number;
  max: number;
  step: number;
  share: number;
  onShare: (share: number) => void;
}) {
  return (
    <NumberInput
      label={label}
      description={description}
      min={min}
      max={max}
      step={step}
      decimalScale={1}
      value={Number((100 * share).toFixed(1))}
      onChange={(value) => value !== '' && onShare(Number(value) / 100)}
    />
  );
}

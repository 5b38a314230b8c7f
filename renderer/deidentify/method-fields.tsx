import { Select } from '@mantine/core';
import type { Policy } from '../../shared/deidentify/records.ts';
import { useCall } from '../calls.ts';
import { Loaded } from '../ui/feedback.tsx';
import { LadderFields } from './ladder-fields.tsx';
import { methodChoices } from './method-words.ts';
import { ParamFields } from './param-fields.tsx';

/** The face method of a policy, its parameters, and what is tried after it. */
export function MethodFields({
  draft,
  onChange,
}: {
  draft: Policy;
  onChange: (part: Partial<Policy>) => void;
}) {
  const methods = useCall('deidentify.methods', {});
  return (
    <Loaded call={methods} what="methods">
      {(all) => {
        const method = all.find((item) => item.id === draft.method);
        return (
          <>
            <fieldset className="rf-panel">
              <legend>Face method</legend>
              <Select
                label="Method"
                allowDeselect={false}
                data={methodChoices(all)}
                value={draft.method}
                onChange={(value) => value && onChange({ method: value, methodParams: {} })}
              />
              {method && (
                <ParamFields
                  method={method}
                  value={draft.methodParams}
                  onChange={(methodParams) => onChange({ methodParams })}
                />
              )}
            </fieldset>
            <LadderFields methods={all} ladder={draft.ladder} onChange={(ladder) => onChange({ ladder })} />
          </>
        );
      }}
    </Loaded>
  );
}

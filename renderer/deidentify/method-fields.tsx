import { Checkbox, NumberInput, Select, TextInput } from '@mantine/core';
import type { Policy } from '../../shared/deidentify/records.ts';
import { useCall } from '../calls.ts';
import { Loaded } from '../ui/feedback.tsx';

/** The face method of a policy and its parameters; a parameter left at its default is not written into the policy. */
export function MethodFields({
  draft,
  onChange,
}: {
  draft: Policy;
  onChange: (part: Partial<Policy>) => void;
}) {
  const methods = useCall('deidentify.methods', {});
  return (
    <fieldset className="rf-panel">
      <legend>Face method</legend>
      <Loaded call={methods} what="methods">
        {(all) => {
          const method = all.find((item) => item.id === draft.method);
          const set = (name: string, value: number | boolean | string) => {
            const { [name]: _old, ...rest } = draft.methodParams;
            onChange({ methodParams: method?.defaults[name] === value ? rest : { ...rest, [name]: value } });
          };
          return (
            <div className="rf-row" style={{ alignItems: 'flex-end' }}>
              <Select
                label="Method"
                allowDeselect={false}
                data={all.map((item) => ({ value: item.id, label: item.title }))}
                value={draft.method}
                onChange={(value) => value && onChange({ method: value, methodParams: {} })}
              />
              {Object.entries(method?.defaults ?? {}).map(([name, standard]) => {
                const value = draft.methodParams[name] ?? standard;
                if (typeof standard === 'boolean')
                  return (
                    <Checkbox
                      key={name}
                      label={name}
                      checked={value === true}
                      onChange={(event) => set(name, event.currentTarget.checked)}
                    />
                  );
                if (typeof standard === 'number')
                  return (
                    <NumberInput
                      key={name}
                      label={`${name} (default ${standard})`}
                      value={Number(value)}
                      onChange={(next) => next !== '' && set(name, Number(next))}
                    />
                  );
                return (
                  <TextInput
                    key={name}
                    label={`${name} (default ${standard})`}
                    value={String(value)}
                    onChange={(event) => set(name, event.currentTarget.value)}
                  />
                );
              })}
            </div>
          );
        }}
      </Loaded>
    </fieldset>
  );
}

import { Checkbox, NumberInput, Select, TextInput } from '@mantine/core';
import type { MethodInfo } from '../../shared/deidentify/records.ts';
import { useCall } from '../calls.ts';

type Params = Record<string, number | boolean | string>;

/** A method's regions as switches and its numbers with their units. Values at their default are left out of `value`. */
export function ParamFields({
  method,
  value,
  onChange,
}: {
  method: MethodInfo;
  value: Params;
  onChange: (value: Params) => void;
}) {
  const current = (name: string) => value[name] ?? method.defaults[name];
  const set = (name: string, next: number | boolean | string) => {
    const { [name]: _old, ...rest } = value;
    onChange(method.defaults[name] === next ? rest : { ...rest, [name]: next });
  };
  const regions = method.params.filter((param) => param.region);
  const others = method.params.filter((param) => !param.region);
  return (
    <div className="rf-params">
      {regions.length > 0 && (
        <fieldset className="rf-regions">
          <legend>Parts of the head that are edited</legend>
          {regions.map((param) => (
            <Checkbox
              key={param.name}
              label={param.label}
              description={param.meaning}
              checked={current(param.name) === true}
              onChange={(event) => set(param.name, event.currentTarget.checked)}
            />
          ))}
        </fieldset>
      )}
      {others.length > 0 && (
        <div className="rf-numbers">
          {others.map((param) => {
            const standard = method.defaults[param.name];
            const label = param.unit ? `${param.label}, ${param.unit}` : param.label;
            if (typeof standard === 'boolean')
              return (
                <Checkbox
                  key={param.name}
                  label={label}
                  description={param.meaning}
                  checked={current(param.name) === true}
                  onChange={(event) => set(param.name, event.currentTarget.checked)}
                />
              );
            if (typeof standard === 'number')
              return (
                <NumberInput
                  key={param.name}
                  label={label}
                  description={`${param.meaning} Default ${standard}.`}
                  {...(param.min === null ? {} : { min: param.min })}
                  {...(param.max === null ? {} : { max: param.max })}
                  value={Number(current(param.name))}
                  onChange={(next) => next !== '' && set(param.name, Number(next))}
                />
              );
            if (param.name === 'model' && method.model !== null)
              return (
                <ModelSelect
                  key={param.name}
                  method={method}
                  label={label}
                  description={param.meaning}
                  value={String(current(param.name) ?? '')}
                  onChange={(next) => set(param.name, next)}
                />
              );
            return (
              <TextInput
                key={param.name}
                label={label}
                description={param.meaning}
                value={String(current(param.name) ?? '')}
                onChange={(event) => set(param.name, event.currentTarget.value)}
              />
            );
          })}
        </div>
      )}
    </div>
  );
}

/** Which of the networks that serve this method; a pack that is gone stays listed, so that nothing changes unseen. */
function ModelSelect({
  method,
  label,
  description,
  value,
  onChange,
}: {
  method: MethodInfo;
  label: string;
  description: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const models = useCall('models.list', {}).data ?? [];
  const data = models
    .filter((model) => model.method === method.id && model.task === 'face-generation')
    .map((model) => ({
      value: model.id,
      label: model.state === 'ready' ? `${model.title} (${model.id})` : `${model.title} (damaged)`,
      disabled: model.state !== 'ready',
    }));
  const now = value === '' ? (method.model ?? '') : value;
  if (!data.some((item) => item.value === now))
    data.unshift({ value: now, label: `${now} (not on this computer)`, disabled: false });
  return (
    <Select
      label={label}
      description={description}
      allowDeselect={false}
      data={data}
      value={now}
      onChange={(next) => next && onChange(next)}
    />
  );
}

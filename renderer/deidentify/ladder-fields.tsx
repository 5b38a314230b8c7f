import { ActionIcon, Button, Select } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconX } from '@tabler/icons-react';
import type { MethodInfo, Rung } from '../../shared/deidentify/records.ts';
import { methodChoices } from './method-words.ts';
import { ParamFields } from './param-fields.tsx';

const MOST = 8;

/** What is tried next while a method failed or changed too little of a face. Every step has buttons, none needs dragging. */
export function LadderFields({
  methods,
  ladder,
  onChange,
}: {
  methods: readonly MethodInfo[];
  ladder: readonly Rung[];
  onChange: (ladder: Rung[]) => void;
}) {
  const replace = (at: number, rung: Rung) => onChange(ladder.map((old, n) => (n === at ? rung : old)));
  const usable = methods.filter((item) => item.unavailable === '');
  const move = (at: number, by: number) => {
    const next = [...ladder];
    const [taken] = next.splice(at, 1);
    if (taken) next.splice(at + by, 0, taken);
    onChange(next);
  };
  return (
    <fieldset className="rf-panel">
      <legend>When a method failed or changed too little of the face, try</legend>
      {ladder.length === 0 && <div className="rf-dim">Nothing else: the scan waits for a person.</div>}
      <ol className="rf-ladder" aria-label="Ladder of methods">
        {ladder.map((rung, n) => {
          const method = methods.find((item) => item.id === rung.method);
          const place = `step ${n + 1}`;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place; two may be alike
            <li key={n} className="rf-rung">
              <div className="rf-row" style={{ flexWrap: 'nowrap' }}>
                <Select
                  aria-label={`Method of ${place}`}
                  style={{ flex: 1 }}
                  allowDeselect={false}
                  data={methodChoices(methods)}
                  value={rung.method}
                  onChange={(value) => value && replace(n, { method: value, params: {} })}
                />
                <ActionIcon
                  variant="default"
                  size={30}
                  aria-label={`Move ${place} up`}
                  disabled={n === 0}
                  onClick={() => move(n, -1)}
                >
                  <IconArrowUp size={16} aria-hidden />
                </ActionIcon>
                <ActionIcon
                  variant="default"
                  size={30}
                  aria-label={`Move ${place} down`}
                  disabled={n === ladder.length - 1}
                  onClick={() => move(n, 1)}
                >
                  <IconArrowDown size={16} aria-hidden />
                </ActionIcon>
                <ActionIcon
                  variant="default"
                  size={30}
                  aria-label={`Remove ${place}`}
                  onClick={() => onChange(ladder.filter((_, other) => other !== n))}
                >
                  <IconX size={16} aria-hidden />
                </ActionIcon>
              </div>
              {method && (
                <details>
                  <summary>{describeParams(method, rung.params)}</summary>
                  <ParamFields
                    method={method}
                    value={rung.params}
                    onChange={(params) => replace(n, { ...rung, params })}
                  />
                </details>
              )}
            </li>
          );
        })}
      </ol>
      <Button
        variant="default"
        disabled={ladder.length >= MOST || usable.length === 0}
        onClick={() => {
          const unused = usable.find((item) => !ladder.some((rung) => rung.method === item.id)) ?? usable[0];
          if (unused) onChange([...ladder, { method: unused.id, params: {} }]);
        }}
      >
        Add a step
      </Button>
    </fieldset>
  );
}

/** Only what differs from the method's defaults. */
export function describeParams(method: MethodInfo, params: Rung['params']): string {
  const set = Object.entries(params).map(([name, value]) => {
    const info = method.params.find((param) => param.name === name);
    const label = (info?.label ?? name).toLowerCase();
    if (typeof value === 'boolean') return `${label} ${value ? 'on' : 'off'}`;
    return `${label} ${value}${info?.unit ? ` ${info.unit}` : ''}`;
  });
  return set.length === 0 ? 'Settings: all at their defaults' : `Settings: ${set.join(', ')}`;
}

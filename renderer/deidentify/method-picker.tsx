import { Radio } from '@mantine/core';
import { IconAlertTriangleFilled } from '@tabler/icons-react';
import type { MethodInfo } from '../../shared/deidentify/records.ts';
import { Term } from '../ui/term.tsx';

const KINDS: Record<MethodInfo['kind'], string> = {
  deface: 'removes the face',
  blur: 'smooths the face',
  reface: 'replaces the face',
};

/** How faces are changed, each method with its caution and its source. */
export function MethodPicker({
  methods,
  value,
  onChange,
}: {
  methods: readonly MethodInfo[];
  value: string;
  onChange: (id: string) => void;
}) {
  return (
    <section className="rf-panel">
      <Radio.Group label={<Term name="method">Face method</Term>} value={value} onChange={onChange}>
        {methods.map((method) => (
          <div key={method.id} className="rf-method" data-chosen={method.id === value}>
            <Radio size="xs" value={method.id} label={`${method.title} (${KINDS[method.kind]})`} />
            <div>{method.summary}</div>
            {/* Four methods in full would push the start button off the screen: what is needed to choose stays. */}
            {method.caution && (
              <div className="rf-warning" style={{ display: 'flex', gap: 5 }}>
                <IconAlertTriangleFilled
                  size="0.9rem"
                  aria-label="Caution"
                  role="img"
                  style={{ flex: 'none', marginTop: 3 }}
                />
                {method.caution}
              </div>
            )}
            {method.id === value && (
              <div className="rf-dim">
                {method.reference} · {method.id} {method.version}
              </div>
            )}
          </div>
        ))}
      </Radio.Group>
    </section>
  );
}

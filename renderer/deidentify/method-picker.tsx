import { Radio } from '@mantine/core';
import { IconAlertTriangleFilled, IconBan } from '@tabler/icons-react';
import type { MethodInfo } from '../../shared/deidentify/records.ts';
import { Term } from '../ui/term.tsx';
import { AboutLink } from './about-link.tsx';
import { KIND_WORDS } from './method-words.ts';

/** How faces are changed, each method with its caution; its paper, figures and limits are one click away. */
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
            <Radio
              size="xs"
              value={method.id}
              disabled={method.unavailable !== ''}
              label={`${method.title} (${KIND_WORDS[method.kind]})`}
            />
            {/* All methods in full would push the start button off the screen: what is needed to choose stays. */}
            <div>{method.summary}</div>
            {method.unavailable ? (
              <Line icon={<IconBan size="0.9rem" aria-hidden />} className="rf-error">
                Cannot be used here. {method.unavailable}
              </Line>
            ) : (
              method.caution && (
                <Line
                  icon={<IconAlertTriangleFilled size="0.9rem" aria-label="Caution" role="img" />}
                  className="rf-warning"
                >
                  {method.caution}
                </Line>
              )
            )}
            <AboutLink method={method} />
          </div>
        ))}
      </Radio.Group>
    </section>
  );
}

function Line({
  icon,
  className,
  children,
}: {
  icon: React.ReactNode;
  className: string;
  children: React.ReactNode;
}) {
  return (
    <div className={`rf-icon-line ${className}`}>
      {icon}
      <span>{children}</span>
    </div>
  );
}

import type { Estimate } from '../../shared/risk/records.ts';
import { intervalText, type Unit, valueText } from './figures.ts';

/** A figure over its 95 % interval; the unit stands in the column's title. */
export function EstimateCell({ estimate, unit }: { estimate: Estimate | null | undefined; unit: Unit }) {
  if (!estimate || estimate.value === null) return <>–</>;
  return (
    <span title={`over ${estimate.n}; 95 % interval ${intervalText(estimate, unit) || 'not available'}`}>
      <strong>{valueText(estimate.value, unit)}</strong>
      <span className="rf-interval">{intervalText(estimate, unit)}</span>
    </span>
  );
}

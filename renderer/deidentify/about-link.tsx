import type { MethodInfo } from '../../shared/deidentify/records.ts';
import { setParams } from '../route.ts';

/** Opens everything to know about a method, beside whatever names it. */
export function AboutLink({ method }: { method: Pick<MethodInfo, 'id' | 'title'> }) {
  return (
    <button
      type="button"
      className="rf-link"
      aria-label={`About this method: ${method.title}`}
      onClick={() => setParams({ about: method.id })}
    >
      About this method
    </button>
  );
}

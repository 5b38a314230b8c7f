import type { Problem } from '../../shared/problem.ts';
import { LevelChip } from './state.tsx';

/** What was found, in which series, what it means and what to do. */
export function ProblemList({ problems, empty }: { problems: readonly Problem[]; empty: string }) {
  if (problems.length === 0) return <p className="rf-dim">{empty}</p>;
  return (
    <ul className="rf-list">
      {problems.map((problem) => (
        <li
          key={`${problem.code} ${problem.subject} ${problem.message}`}
          className="rf-note"
          data-level={problem.level}
          style={{ marginBottom: 6 }}
        >
          <LevelChip level={problem.level} /> <strong>{problem.subject}</strong>{' '}
          <span className="rf-dim">{problem.code}</span>
          <div>{problem.message}</div>
          {problem.fix && (
            <div>
              <strong>To do:</strong> {problem.fix}
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

import { Button, Kbd, SegmentedControl } from '@mantine/core';
import {
  IconAlertTriangleFilled,
  IconChartDots,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCpu,
  IconEyeCheck,
  IconFaceMask,
  IconFolder,
  IconKeyboard,
  IconPackageExport,
  IconScan,
  IconShieldSearch,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { ProjectSummary } from './project/use-project.ts';
import { formatRoute, STEPS, type StepName, setParams } from './route.ts';
import { formatCount } from './ui/format.ts';
import { setThemeChoice, type ThemeChoice, useThemeChoice } from './ui/theme.ts';

export const STEP_TITLES: Record<StepName, string> = {
  project: 'Project',
  import: 'Import',
  deidentify: 'De-identify',
  review: 'Review',
  impact: 'Impact',
  audit: 'Audit',
  share: 'Share',
};

const ICONS: Record<StepName, ReactNode> = {
  project: <IconFolder size="1.1rem" aria-hidden />,
  import: <IconScan size="1.1rem" aria-hidden />,
  deidentify: <IconFaceMask size="1.1rem" aria-hidden />,
  review: <IconEyeCheck size="1.1rem" aria-hidden />,
  impact: <IconChartDots size="1.1rem" aria-hidden />,
  audit: <IconShieldSearch size="1.1rem" aria-hidden />,
  share: <IconPackageExport size="1.1rem" aria-hidden />,
};

/** What a failure is called where it is none of the program's. */
const FAILED: Partial<Record<StepName, string>> = { audit: 'at risk' };

/** Done, waiting and failed of one step; zero counts are left out. */
function StepCounts({
  counts,
  failed = 'failed',
}: {
  counts: { done: number; waiting: number; failed: number };
  failed?: string | undefined;
}) {
  if (counts.done + counts.waiting + counts.failed === 0) return null;
  return (
    <span className="rf-step-counts">
      {counts.done > 0 && (
        <span title={`${formatCount(counts.done)} done`}>
          <IconCircleCheckFilled size="0.75rem" aria-hidden className="rf-ok" />
          {formatCount(counts.done)}
          <span className="rf-hidden"> done</span>
        </span>
      )}
      {counts.waiting > 0 && (
        <span title={`${formatCount(counts.waiting)} waiting`}>
          <IconCircleDashed size="0.75rem" aria-hidden />
          {formatCount(counts.waiting)}
          <span className="rf-hidden"> waiting</span>
        </span>
      )}
      {counts.failed > 0 && (
        <span title={`${formatCount(counts.failed)} ${failed}`}>
          <IconAlertTriangleFilled size="0.75rem" aria-hidden className="rf-error" />
          {formatCount(counts.failed)}
          <span className="rf-hidden"> {failed}</span>
        </span>
      )}
    </span>
  );
}

/** The flow is the navigation: seven steps, each with its state. */
export function Rail({
  step,
  project,
  onKeys,
}: {
  step: StepName;
  project: ProjectSummary | null;
  onKeys: () => void;
}) {
  const choice = useThemeChoice();
  return (
    <nav className="rf-rail rf-no-print" aria-label="Steps">
      <div className="rf-brand">
        <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="7" fill="#216f8e" />
          <path
            d="M10 25V12a7 7 0 0 1 12-5l2 6-1 1v4a2 2 0 0 1-2 2h-3v5"
            fill="none"
            stroke="#fff"
            strokeWidth="2.4"
            strokeLinejoin="round"
          />
        </svg>
        Refacade
      </div>
      {STEPS.map((name, index) => {
        const counts = project?.steps.find((entry) => entry.id === name);
        return (
          <a
            key={name}
            className="rf-step"
            href={formatRoute(name)}
            aria-current={name === step ? 'page' : undefined}
            aria-keyshortcuts={`Alt+${index + 1}`}
          >
            {ICONS[name]}
            <span>{STEP_TITLES[name]}</span>
            {name === 'project' && project && (
              <span className="rf-step-counts" style={{ overflow: 'hidden', textOverflow: 'ellipsis' }}>
                {project.name}
              </span>
            )}
            {counts && <StepCounts counts={counts} failed={FAILED[name]} />}
          </a>
        );
      })}
      <div style={{ flex: 1 }} />
      <Button
        mb={4}
        variant="default"
        leftSection={<IconCpu size="1rem" aria-hidden />}
        onClick={() => setParams({ computer: 1 })}
      >
        Computer, models
      </Button>
      <SegmentedControl
        aria-label="Theme"
        fullWidth
        value={choice}
        onChange={(value) => setThemeChoice(value as ThemeChoice)}
        data={[
          { value: 'auto', label: 'Auto' },
          { value: 'light', label: 'Light' },
          { value: 'dark', label: 'Dark' },
        ]}
      />
      <Button
        mt={4}
        variant="default"
        leftSection={<IconKeyboard size="1rem" aria-hidden />}
        rightSection={<Kbd size="xs">?</Kbd>}
        onClick={onKeys}
      >
        Keyboard
      </Button>
    </nav>
  );
}

import { type Call, useCall } from '../calls.ts';
import type { CallOutput } from '../client.ts';
import type { StepName } from '../route.ts';

export type ProjectSummary = NonNullable<CallOutput<'project.current'>>;

/** The open project, null when none is open, undefined while not known. */
export function useProject(): Call<ProjectSummary | null> {
  return useCall('project.current', {});
}

/** `filled` on the screen that holds the next sensible action, so that exactly one button is marked. */
export function useMainVariant(step: StepName): 'filled' | 'default' {
  const project = useProject().data;
  return project?.next.step === step ? 'filled' : 'default';
}

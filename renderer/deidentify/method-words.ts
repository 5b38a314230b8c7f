import type { MethodInfo } from '../../shared/deidentify/records.ts';

/** What each kind of method does to a face. */
export const KIND_WORDS: Record<MethodInfo['kind'], string> = {
  deface: 'removes the face',
  blur: 'smooths the face',
  reface: 'replaces the face',
};

/** Entries of a list to choose a method from; one that cannot be used here is shown and cannot be chosen. */
export function methodChoices(
  methods: readonly MethodInfo[],
): { value: string; label: string; disabled: boolean }[] {
  return methods.map(({ id, title, unavailable }) => ({
    value: id,
    label: unavailable ? `${title} (not usable here)` : title,
    disabled: unavailable !== '',
  }));
}

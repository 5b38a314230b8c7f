/**
 * Tells projects apart; a project made anew in the same folder is another one.
 *
 * @returns '' when none is open
 */
export function projectKeyOf(
  project: { readonly dir: string; readonly createdAt: string } | null | undefined,
): string {
  return project ? `${project.dir} ${project.createdAt}` : '';
}

/**
 * Why a scan stays, in the words of a receipt.
 *
 * A receipt travels with the data. Notes of reviewers, reasons typed at import and messages of failed work
 * name people and folders: they stay in the application, and the receipt has one fixed sentence for each case.
 */
export const HELD = {
  excluded: 'Excluded in the lab.',
  failed: 'De-identification failed.',
  missing: 'Not de-identified yet: there is no edited scan to share.',
  busy: 'De-identification has not finished.',
  changed: 'A source file changed or disappeared after this scan was edited.',
  rejected: 'Rejected in review.',
  redo: 'Marked to be done again in review.',
  kind: 'The policy does not let this kind of scan leave.',
  atRisk: 'The audit can recognise the face, and nobody has accepted the scan since.',
  cannotTell: 'Whether the face can be recognised cannot be told, and nobody has accepted the scan since.',
  notAudited: 'Not audited yet: run the audit first.',
  review: 'Waits for review.',
  reviewAll: 'The policy asks a person to look at every scan; nobody has yet.',
  noOverride: 'An override does not apply here.',
} as const;

/** Stands in the receipt for the reason of an override and the name of the person who gave it. */
export const OVERRIDDEN = 'The reason and the person are recorded in the lab.';

import { Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';

/** The words of the field, spelled out once. */
const TERMS = {
  T1w: 'T1-weighted MRI: the anatomical scan that most brain measurements start from.',
  FLAIR: 'Fluid-attenuated inversion recovery: an MRI contrast in which fluid is dark.',
  PDw: 'Proton-density-weighted MRI.',
  series: 'One scan of one session: all images that belong together, as the scanner grouped them.',
  session: 'One visit of one subject to the scanner.',
  pseudonym: 'The code that stands for a subject everywhere in this project, made with a secret key.',
  crosswalk: 'The list that says which pseudonym belongs to which person. It is never part of a share.',
  policy: 'The whole recipe: what happens to headers, dates and faces, and what may leave.',
  method: 'How the face is changed: deface removes it, blur smooths it, reface replaces it.',
  verdict: 'The automatic decision about one scan, with the numbers it rests on.',
  PS315: 'DICOM Part 3.15, Annex E: the standard list of what to do with every header attribute.',
  GM: 'Grey matter volume.',
  WM: 'White matter volume.',
  CSF: 'Volume of the fluid in and around the brain (cerebrospinal fluid).',
  TIV: 'Total intracranial volume: grey matter, white matter and fluid together.',
  ICC: 'Intraclass correlation ICC(A,1): 1 means both measurements agree exactly.',
  Dice: 'Overlap of a structure in the original and in the edited scan: 1 is the same, 0 is none.',
  Wilcoxon:
    'Paired Wilcoxon signed-rank test: do volumes differ systematically between original and edited scans?',
  Holm: 'p corrected for testing several structures at once (Holm).',
  BlandAltman:
    'Difference against mean, one point per scan; the dashed lines hold about 95 % of the differences.',
  bias: 'Mean difference, edited minus original.',
  floor:
    'Scan–rescan floor: how much two scans of the same head differ before any edit (median). A change below it cannot be told from taking another scan.',
  quarantine: 'Scans set aside at import, each with its reason. Nothing is deleted or hidden.',
  BIDS: 'Brain Imaging Data Structure: the folder layout research tools expect.',
  DICOM: 'The file format of scanners and hospital archives.',
  radiological: 'The subject’s right is shown on the left of the picture, as if facing the viewer.',
  layout: 'Whether the scan is a 3-D volume, a stack of thick slices, a time series or single images.',
  concern: 'How worried the automatic checks are; the review queue shows the highest first.',
  rank1:
    'Rank-1: share of people whose own original comes first when all originals are put in order of likeness to the de-identified head.',
  rank5: 'Rank-5: share of people whose own original is among the five most alike.',
  AUC: 'Area under the ROC curve: how often the own original is more alike than a stranger’s. 1 is always, 0.5 is a coin toss.',
  EER: 'Equal error rate: the share of errors where as many own originals are missed as strangers are let through. 0 tells everybody apart, 50 % is a coin toss.',
  dPrime:
    'd′: how far the similarities to the own original lie above those to strangers, in their common spread. 0 is no difference.',
  ROC: 'For every threshold: how many own originals are recognised against how many strangers are let through.',
  upperBound:
    'What the same networks recognise when nothing was edited: each untouched head in another pose, light and noise. Where it is low, the audit cannot see.',
  chance: 'What guessing gives: one right answer among all people of the gallery.',
  threshold:
    'Similarity from which a head counts as recognised; set so that no more strangers reach it than the policy lets through.',
  gallery: 'The original heads that a de-identified head is compared with, one entry for each person.',
  borrowed:
    'Computed variations of the average head that stand in as strangers where a project has few people.',
  surfaceDistance:
    'Mean distance between the new and the true skin surface over the face, with the brains aligned; p95 is the distance that 95 % of the surface stays below.',
  averageFace:
    'The face of an average head, placed by the brain: what one would guess without knowing the person. The yardstick for distances.',
  closerP:
    'Paired Wilcoxon signed-rank test of the new face’s distance against the average face’s, and how many scans lie closer to the true face than the average face does.',
  meanAbsChange: 'Mean of |change| over GM, WM, CSF and TIV, averaged over scans.',
  checksum:
    'SHA-256: a number computed from every byte of the file. Where it differs from the card’s, the file is another one or damaged.',
  seed: 'What is random in a new face is drawn from this number and the pseudonym: with the same seed and settings a person gets the same face again, and two people get two. It is recorded with every scan.',
  surfaceChanged: 'Share of the front surface of the head that moved or is gone.',
} as const;

export type TermName = keyof typeof TERMS;

export function termText(name: TermName): string {
  return TERMS[name];
}

/** A word with its meaning one hover or focus away. */
export function Term({ name, children }: { name: TermName; children?: ReactNode }) {
  return (
    <Tooltip label={TERMS[name]} w={260}>
      <span className="rf-term" tabIndex={0}>
        {children ?? name}
      </span>
    </Tooltip>
  );
}

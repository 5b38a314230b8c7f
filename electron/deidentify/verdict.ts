import type { Verdict, VerdictLimits, VerdictNumber } from '../../shared/deidentify/records.ts';
import type { FaceState } from '../../shared/import/records.ts';
import type { Problem } from '../../shared/problem.ts';

/** Everything that was measured about one edited scan. */
export interface VerdictInput {
  readonly methodTitle: string;
  readonly methodKind: 'deface' | 'blur' | 'reface';
  readonly brainMm3: number;
  readonly brainProblems: readonly Problem[];
  /** Counted by comparing voxels before and after, not assumed. */
  readonly brainVoxelsChanged: number;
  readonly outsideVoxelsChanged: number;
  /** Voxels the method wanted but that belong to the protected brain. */
  readonly refusedInBrain: number;
  /** Share of the face surface that is gone or moved by more than 2 mm, and how many points were looked at. */
  readonly faceSurfaceChanged: number;
  /** For methods that replace a face: share that is gone, moved or owes nothing to the old shape; null for others. */
  readonly faceSurfaceReplaced: number | null;
  readonly facePoints: number;
  readonly removedMm3: number;
  /** Steps across the border of the edit relative to those beside it; null without such a border. */
  readonly seam: number | null;
  readonly faceStateBefore: FaceState;
  readonly evidence: Readonly<Record<string, number>>;
  readonly assumptions: readonly string[];
  readonly methodProblems: readonly Problem[];
}

/** Above this the border of a replaced or smoothed face can be made out. */
const MAX_SEAM = 2;

/** Fewest surface points (of about 2600 in the window) from which a share means anything. */
const MIN_FACE_POINTS = 300;

/**
 * Holds the numbers of one edited scan against the policy's limits.
 *
 * failed: a promise was broken (brain or outside voxels changed) or the method could not work; needs review: brain
 * extraction in doubt, face already removed, or too little of the face changed; passed otherwise. A skull-stripped scan has
 * no face: it passes unchanged and says so, unless a finding speaks against looking no further.
 */
export function judge(input: VerdictInput, limits: VerdictLimits): Verdict {
  const brainOk = input.brainMm3 >= limits.minBrainMm3 && input.brainMm3 <= limits.maxBrainMm3;
  const brainOnly = input.faceStateBefore === 'brain-only';
  const enough = input.facePoints >= MIN_FACE_POINTS;
  // A face put in place of another lies within 2 mm of it here and there by chance; where it owes nothing to the old
  // shape that gives nothing away. Still, one that coincides nearly everywhere is not another face.
  const replaces = input.faceSurfaceReplaced !== null;
  const minMoved = replaces ? limits.minFaceSurfaceChanged / 2 : limits.minFaceSurfaceChanged;
  const movedOk = input.faceSurfaceChanged >= minMoved && enough;
  const replacedOk = !replaces || input.faceSurfaceReplaced! >= limits.minFaceSurfaceChanged;
  const faceOk = movedOk && replacedOk;
  // A removed face ends in a cut by nature; a replaced or smoothed one must not show where it begins.
  const seamless = input.methodKind !== 'deface' && !brainOnly;
  const litres = (mm3: number) => `${Math.round(mm3 / 1000)} cm³`;
  const numbers: VerdictNumber[] = [
    number(
      'brainMm3',
      'Brain volume',
      input.brainMm3,
      'mm³',
      `${limits.minBrainMm3} to ${limits.maxBrainMm3}`,
      brainOk,
    ),
    number(
      'brainVoxelsChanged',
      'Brain voxels changed',
      input.brainVoxelsChanged,
      'voxels',
      '0',
      input.brainVoxelsChanged === 0,
    ),
    number(
      'outsideVoxelsChanged',
      'Voxels changed outside the edit',
      input.outsideVoxelsChanged,
      'voxels',
      '0',
      input.outsideVoxelsChanged === 0,
    ),
    number(
      'faceSurfaceChanged',
      'Face surface gone or moved by more than 2 mm',
      brainOnly ? null : input.faceSurfaceChanged,
      'share',
      brainOnly ? '' : `≥ ${Number(minMoved.toFixed(3))}`,
      brainOnly ? null : movedOk,
    ),
    ...(replaces && !brainOnly
      ? [
          number(
            'faceSurfaceReplaced',
            'Face surface gone, moved or owing nothing to the old shape',
            input.faceSurfaceReplaced,
            'share',
            `≥ ${limits.minFaceSurfaceChanged}`,
            replacedOk && enough,
          ),
        ]
      : []),
    number('facePoints', 'Points of face surface looked at', input.facePoints, 'points', '', null),
    number('editedMm3', 'Edited', input.removedMm3, 'mm³', '', null),
    number(
      'seam',
      'Steps across the border of the edit, relative to those beside it',
      input.seam,
      'ratio',
      seamless ? `≤ ${MAX_SEAM}` : '',
      seamless && input.seam !== null ? input.seam <= MAX_SEAM : null,
    ),
    number(
      'refusedInBrain',
      'Voxels of the edit refused beside the brain',
      input.refusedInBrain,
      'voxels',
      '',
      null,
    ),
    ...Object.entries(input.evidence).map(([name, value]) =>
      number(name, EVIDENCE[name] ?? name, value, 'ratio', '', null),
    ),
  ];
  const problems = [...input.brainProblems, ...input.methodProblems];
  if (seamless && input.seam !== null && input.seam > MAX_SEAM) problems.push(visibleSeam(input.seam));
  const result = (state: Verdict['state'], reason: string, next: string, concern: number): Verdict => ({
    state,
    reason,
    next,
    numbers,
    assumptions: [...input.assumptions],
    problems,
    concern,
  });

  if (input.brainVoxelsChanged > 0 || input.outsideVoxelsChanged > 0) {
    return result(
      'failed',
      `${input.brainVoxelsChanged} brain voxels and ${input.outsideVoxelsChanged} voxels outside the edit changed; none may.`,
      'Do not share this scan. Report the scan and the settings as a fault of the method.',
      100,
    );
  }
  const broken = problems.find((p) => p.level === 'error');
  if (broken && !brainOnly) {
    return result('failed', broken.message, broken.fix ?? 'Try another method, or exclude the scan.', 90);
  }
  if (brainOnly && brainOk) {
    const against = broken ?? problems.find((p) => p.level === 'warning');
    if (against) {
      return result(
        'needs-review',
        against.message,
        against.fix ?? 'No voxel was changed: look whether the scan shows a brain only.',
        50,
      );
    }
    return result(
      'passed',
      'The scan shows a brain only: there is no face, and no voxel was changed.',
      '',
      5,
    );
  }
  if (!brainOk) {
    return result(
      'needs-review',
      `The brain measures ${litres(input.brainMm3)}, outside ${litres(limits.minBrainMm3)} to ${litres(limits.maxBrainMm3)}: brain extraction probably failed.`,
      'Look at the outline of the brain; if it is wrong, try again or exclude the scan.',
      80,
    );
  }
  if (input.faceStateBefore === 'removed') {
    return result(
      'needs-review',
      'The face had already been removed before this scan came here.',
      'Look whether what remains can be recognised, then accept or exclude it.',
      40,
    );
  }
  if (!faceOk) {
    const moved = movedOk ? input.faceSurfaceReplaced! : input.faceSurfaceChanged || 0;
    const percent = Math.round(100 * moved);
    const asked = Math.round(100 * (movedOk ? limits.minFaceSurfaceChanged : minMoved));
    const what = movedOk ? 'was replaced' : 'changed';
    return result(
      'needs-review',
      input.facePoints < MIN_FACE_POINTS
        ? `Only ${input.facePoints} points of face surface could be seen, too few to tell whether the face is gone.`
        : `Only ${percent} % of the face surface ${what} with ${input.methodTitle}; at least ${asked} % is asked for.`,
      'Look at the face; try another method or stronger settings.',
      60 + Math.round(20 * (1 - (input.faceSurfaceChanged || 0))),
    );
  }
  const doubt = problems.find((p) => p.level === 'warning');
  if (doubt)
    return result('needs-review', doubt.message, doubt.fix ?? 'Look at the brain outline and the face.', 50);
  if (input.faceStateBefore === 'unknown') {
    return result(
      'needs-review',
      'It could not be told whether this scan showed a face.',
      'Look at the pictures.',
      30,
    );
  }
  return result(
    'passed',
    replaces
      ? `${Math.round(100 * input.faceSurfaceReplaced!)} % of the face surface was replaced, ${Math.round(100 * input.faceSurfaceChanged)} % lies elsewhere now, and no brain voxel changed.`
      : `${Math.round(100 * input.faceSurfaceChanged)} % of the face surface changed and no brain voxel did.`,
    '',
    Math.round(10 * (1 - input.faceSurfaceChanged)),
  );
}

function visibleSeam(seam: number): Problem {
  return {
    code: 'seam-visible',
    level: 'warning',
    subject: 'face',
    message: `Steps across the border of the edit are ${seam.toFixed(1)} times those beside it; up to ${MAX_SEAM} are expected.`,
    fix: 'Look along the border of the edit; a wider seam may hide it.',
  };
}

const EVIDENCE: Readonly<Record<string, string>> = {
  tissueOutsideBrain: 'Tissue outside the brain, relative to the brain',
  seen: 'Share of the face window that shows a head',
  inView: 'Share of the face window that lies in the scan',
  cutEdge: 'Share of the surface that ends in a cut edge (before the edit)',
};

function number(
  name: string,
  label: string,
  value: number | null,
  unit: string,
  limit: string,
  ok: boolean | null,
): VerdictNumber {
  return { name, label, value: value !== null && Number.isFinite(value) ? value : null, unit, limit, ok };
}

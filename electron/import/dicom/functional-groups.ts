import type { DataSet } from 'dicom-parser';
import { AttributeReader } from './attribute-reader.ts';
import type { DicomHeader } from './header-record.ts';

const sharedGroups = 'x52009229';
const perFrameGroups = 'x52009230';

/**
 * Fills in what an enhanced multi-frame object keeps in its functional groups: positions, orientation,
 * spacing, timing, diffusion and rescale. A frame's own group wins over the shared one.
 *
 * @see PS3.3 section C.7.6.16 (multi-frame functional groups)
 */
export function readFunctionalGroups(set: DataSet, header: DicomHeader): void {
  const top = new AttributeReader(set);
  const shared = top.items(sharedGroups)[0];
  const frames = top.items(perFrameGroups);
  if (!shared && frames.length === 0) return;
  const first = (sequence: string, frame: DataSet | undefined) => {
    const own = frame && new AttributeReader(frame).items(sequence)[0];
    const item = own ?? (shared && new AttributeReader(shared).items(sequence)[0]);
    return item && new AttributeReader(item);
  };

  const frame0 = frames[0];
  const measures = first('x00289110', frame0);
  header.pixelSpacing ??= measures?.decimals('x00280030', 2);
  header.sliceThickness ??= measures?.decimal('x00180050');
  header.spacingBetweenSlices ??= measures?.decimal('x00180088');
  header.orientation ??= first('x00209116', frame0)?.decimals('x00200037', 6);
  const timing = first('x00189112', frame0);
  header.repetitionTimeMs ??= timing?.decimal('x00180080');
  header.flipAngleDeg ??= timing?.decimal('x00181314');
  header.echoTimeMs ??= first('x00189114', frame0)?.float('x00189082');
  header.inversionTimeMs ??= first('x00189115', frame0)?.float('x00189079');
  const transform = first('x00289145', frame0);
  header.slope ??= transform?.decimal('x00281053');
  header.intercept ??= transform?.decimal('x00281052');
  const frameType = first('x00189226', frame0)?.codes('x00089007');
  if (frameType && header.imageType.length === 0) header.imageType = frameType;
  header.bodyPart ??= first('x00209071', frame0)?.code('x00180015');

  const positions: number[] = [];
  const bValues: number[] = [];
  const echoTimes: number[] = [];
  let mixed = false;
  for (const frame of frames) {
    const position = first('x00209113', frame)?.decimals('x00200032', 3);
    if (position) positions.push(...position);
    const orientation = first('x00209116', frame)?.decimals('x00200037', 6);
    if (orientation && header.orientation?.some((v, n) => Math.abs(v - orientation[n]!) > 2e-3)) mixed = true;
    const b = first('x00189117', frame)?.float('x00189087');
    if (b !== undefined) bValues.push(b);
    const echo = first('x00189114', frame)?.float('x00189082');
    if (echo !== undefined) echoTimes.push(echo);
  }
  if (frames.length > 0 && positions.length === 3 * frames.length) {
    header.framePositions = positions;
    header.position ??= positions.slice(0, 3);
  } else if (frames.length === 0 || header.frames === 1)
    header.position ??= first('x00209113', undefined)?.decimals('x00200032', 3);
  if (mixed) header.mixedFrameOrientations = true;
  if (bValues.some((b) => b > 0)) {
    header.frameBValues = bValues;
    header.bValue ??= Math.max(...bValues);
  }
  if (new Set(echoTimes).size > 1) header.frameEchoTimes = echoTimes;
}

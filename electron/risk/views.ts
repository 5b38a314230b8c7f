/** From where the head is looked at: the patient's own left and right. */
export type SurfaceView =
  | 'front'
  | 'left'
  | 'right'
  | 'front-left-30'
  | 'front-right-30'
  | 'front-left-60'
  | 'front-right-60';

/** Angle of the camera from straight ahead towards the patient's left, degrees. */
const AZIMUTH_DEGREES: Readonly<Record<SurfaceView, number>> = {
  front: 0,
  'front-left-30': 30,
  'front-right-30': -30,
  'front-left-60': 60,
  'front-right-60': -60,
  left: 90,
  right: -90,
};

/** Every view, from the front round to the sides. */
export const SURFACE_VIEWS = Object.keys(AZIMUTH_DEGREES) as readonly SurfaceView[];

/** An extra turn of the camera: yaw towards the patient's left, pitch upwards; degrees. */
export interface CameraTurn {
  readonly yaw?: number;
  readonly pitch?: number;
}

/** Which of the two fixed light sets: see {@link lightsOf}. */
export type LightSet = 'even' | 'side';

export type Direction = readonly [number, number, number];

/** Directions of a camera in RAS, unit vectors: where it looks, and what is right and up in its picture. */
export interface Camera {
  readonly forward: Direction;
  readonly across: Direction;
  readonly up: Direction;
}

/** Superior is up; in the front view the patient's right is on the picture's left, as when facing somebody. */
export function cameraOf(view: SurfaceView, turn: CameraTurn = {}): Camera {
  const azimuth = ((AZIMUTH_DEGREES[view] + (turn.yaw ?? 0)) * Math.PI) / 180;
  const elevation = ((turn.pitch ?? 0) * Math.PI) / 180;
  const [sa, ca] = [Math.sin(azimuth), Math.cos(azimuth)];
  const [se, ce] = [Math.sin(elevation), Math.cos(elevation)];
  return { forward: [sa * ce, -ca * ce, -se], across: [-ca, -sa, 0], up: [sa * se, -ca * se, ce] };
}

/** A lamp infinitely far away. */
export interface Light {
  /** Unit vector from the head towards the lamp, RAS. */
  readonly direction: Direction;
  /** Brightness of a surface that faces it, of 1. */
  readonly strength: number;
}

/**
 * The lamps of a light set. They are carried by the camera, so every view is lit alike.
 *
 * `even`: two equal lights 40° to either side of the camera and 30° above it, a third, weaker one at the camera.
 * `side`: one strong light 55° towards the patient's right (the picture's left) and 35° above, and a weak one
 * 50° to the other side, level with the camera.
 */
export function lightsOf(set: LightSet, camera: Camera): readonly Light[] {
  const lamp = (sideDegrees: number, upDegrees: number, strength: number): Light => {
    const side = (sideDegrees * Math.PI) / 180;
    const up = (upDegrees * Math.PI) / 180;
    const weights = [-Math.cos(side) * Math.cos(up), Math.sin(side) * Math.cos(up), Math.sin(up)] as const;
    const direction = [0, 1, 2].map(
      (n) => weights[0] * camera.forward[n]! + weights[1] * camera.across[n]! + weights[2] * camera.up[n]!,
    ) as [number, number, number];
    return { direction, strength };
  };
  return set === 'even'
    ? [lamp(40, 30, 0.46), lamp(-40, 30, 0.46), lamp(0, 0, 0.16)]
    : [lamp(-55, 35, 0.78), lamp(50, 0, 0.2)];
}

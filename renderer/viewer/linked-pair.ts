import { MULTIPLANAR_TYPE, Niivue, SHOW_RENDER, SLICE_TYPE } from '@niivue/niivue';
import { baseUrl } from '../client.ts';

export type PairMode = 'swipe' | 'overlay';

/** Grey that covers what lies below even at zero; NiiVue's own lets the background shine through. */
const OPAQUE_GREY = { R: [0, 255], G: [0, 255], B: [0, 255], A: [255, 255], I: [0, 255] };
const RELEASE_AFTER_MS = 4000;

/**
 * Two volumes of one grid in one NiiVue, so that they share crosshair, zoom and windowing by construction.
 *
 * The swipe draws the scene twice per frame: once with the overlay faded out, copied to a plain 2-D canvas that
 * lies on top up to the line of each slice, once with the overlay on. Only one WebGL context ever exists; it is
 * given back a few seconds after the viewer was left.
 */
export class LinkedPair {
  private static instance: LinkedPair | undefined;

  /** The window's one pair. */
  static shared(): LinkedPair {
    LinkedPair.instance ??= new LinkedPair();
    return LinkedPair.instance;
  }

  onLocation: (where: string) => void = () => undefined;
  onLost: () => void = () => undefined;

  private readonly frame = document.createElement('div');
  private readonly canvas = document.createElement('canvas');
  private readonly still = document.createElement('canvas');
  private readonly viewer: Niivue;
  private mode: PairMode = 'swipe';
  private position = 0.5;
  private attached: Promise<unknown> | undefined;
  private queue: Promise<void> = Promise.resolve();
  private wanted = '';
  private loaded = '';
  private release: number | undefined;
  /** NiiVue watches the canvas's parent only; moving it between hosts must resize it too. */
  private readonly resize = new ResizeObserver(() => {
    if (this.viewer.gl) this.viewer.resizeListener();
  });

  private constructor() {
    this.frame.style.cssText = 'position:absolute;inset:0';
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute('role', 'img');
    this.canvas.setAttribute('aria-label', 'Interactive slices before and after; drag to move the crosshair');
    this.still.className = 'rf-viewer-still';
    this.still.setAttribute('aria-hidden', 'true');
    this.frame.append(this.canvas, this.still);
    this.canvas.addEventListener('webglcontextlost', () => this.onLost());
    this.viewer = new Niivue({
      dragAndDropEnabled: false,
      isRadiologicalConvention: true,
      multiplanarLayout: MULTIPLANAR_TYPE.ROW,
      multiplanarShowRender: SHOW_RENDER.NEVER,
      backColor: [0, 0, 0, 1],
      crosshairColor: [0.42, 0.71, 0.82, 0.7],
      crosshairWidth: 0.6,
      fontColor: [1, 0.85, 0.4, 1],
      show3Dcrosshair: false,
      sliceType: SLICE_TYPE.MULTIPLANAR,
      logLevel: 'warn',
    });
    this.viewer.addColormap('opaque-grey', OPAQUE_GREY as never);
    this.viewer.onLocationChange = (location) =>
      this.onLocation((location as { string?: string }).string ?? '');
    const draw = this.viewer.drawScene.bind(this.viewer);
    this.viewer.drawScene = () => {
      if (this.viewer.volumes.length < 2) return draw();
      if (this.mode === 'overlay') {
        this.viewer.overlayAlphaShader = this.position;
        return draw();
      }
      this.viewer.overlayAlphaShader = 0;
      draw();
      this.copyBefore();
      this.viewer.overlayAlphaShader = 1;
      return draw();
    };
  }

  mount(host: HTMLElement): void {
    window.clearTimeout(this.release);
    host.append(this.frame);
    this.attached ??= this.viewer.attachToCanvas(this.canvas, false);
    this.resize.observe(host);
  }

  unmount(): void {
    this.resize.disconnect();
    this.frame.remove();
    window.clearTimeout(this.release);
    this.release = window.setTimeout(() => {
      if (LinkedPair.instance === this) LinkedPair.instance = undefined;
      const context = this.canvas.getContext('webgl2');
      this.viewer.cleanup();
      context?.getExtension('WEBGL_lose_context')?.loseContext();
    }, RELEASE_AFTER_MS);
  }

  /** Loads original and edited scan; a later call overtakes an earlier one. */
  load(before: string, after: string): Promise<void> {
    const key = `${before} ${after}`;
    this.wanted = key;
    const work = this.queue.then(async () => {
      if (this.wanted !== key || this.loaded === key) return;
      await this.attached;
      this.loaded = '';
      await this.viewer.loadVolumes([
        { url: new URL(before, baseUrl()).href, colormap: 'gray', opacity: 1 },
        { url: new URL(after, baseUrl()).href, colormap: 'opaque-grey', opacity: 1 },
      ]);
      const [original, edited] = this.viewer.volumes;
      if (original && edited) {
        // One window for both, or removed voxels would look like changed brightness.
        edited.cal_min = original.cal_min;
        edited.cal_max = original.cal_max;
        this.viewer.updateGLVolume();
      }
      this.loaded = key;
    });
    this.queue = work.catch(() => undefined);
    return work;
  }

  /**
   * @param position where the line is, or how much of the edited scan shows, 0…1
   */
  show(mode: PairMode, position: number): void {
    this.mode = mode;
    this.position = position;
    this.still.style.display = mode === 'swipe' ? '' : 'none';
    this.viewer.drawScene();
  }

  /** Lays the left part of each slice, as drawn without the overlay, on top of the scene. */
  private copyBefore(): void {
    const { still, canvas } = this;
    if (still.width !== canvas.width || still.height !== canvas.height) {
      still.width = canvas.width;
      still.height = canvas.height;
    }
    const pen = still.getContext('2d');
    if (!pen) return;
    pen.clearRect(0, 0, still.width, still.height);
    pen.fillStyle = '#6ab4d0';
    for (const slice of this.viewer.screenSlices) {
      const [left = 0, top = 0, width = 0, height = 0] = slice.leftTopWidthHeight;
      const shown = Math.round(width * this.position);
      if (shown > 0 && height > 0) pen.drawImage(canvas, left, top, shown, height, left, top, shown, height);
      pen.fillRect(left + shown - 1, top, 2, height);
    }
  }
}

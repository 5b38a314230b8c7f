import { isMemoryFailure } from './tiles.ts';
import type { Failure } from './worker-contract.ts';

/**
 * Whether an order may have failed for the device it ran on: memory ran out, numbers overflowed, or the device is gone.
 *
 * Known by their words only: Dawn (WebGPU), Direct3D (DirectML) and CUDA, whose errors leave the device unusable.
 */
export function isProviderFailure({ name, message }: Failure): boolean {
  return (
    name === 'OutOfMemoryError' ||
    name === 'NotFiniteError' ||
    isMemoryFailure(message) ||
    /device\b[^.]{0,40}\blost|lost\b[^.]{0,20}\bdevice|DXGI_ERROR_DEVICE|887A000[567]|GetDeviceRemovedReason|CUDA (failure|error)|CUDNN|CUBLAS/i.test(
      message,
    )
  );
}

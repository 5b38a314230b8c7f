import { expect, it } from 'vitest';
import { isProviderFailure } from './provider-failure.ts';

// Words like those of ONNX Runtime, Dawn, Direct3D and CUDA.
it.each([
  ['OutOfMemoryError', 'Expected memory for 112×112×112 voxels of the network.'],
  ['NotFiniteError', 'Expected probabilities, got NaN among them.'],
  ['Error', 'std::bad_alloc'],
  ['Error', 'Binding size 237000000 is larger than the maximum storage buffer binding size'],
  ['Error', 'WebGPU device lost (2): A valid external Instance reference no longer exists.'],
  ['Error', 'Non-zero status code returned: the device was lost'],
  ['Error', '887A0006 The GPU will not respond to more commands, DXGI_ERROR_DEVICE_HUNG'],
  ['Error', 'CUDA failure 700: an illegal memory access was encountered'],
  ['Error', 'CUDNN_STATUS_EXECUTION_FAILED'],
])('a device may be the reason of %s: %s', (name, message) => {
  expect(isProviderFailure({ name, message })).toBe(true);
});

it.each([
  ['NiftiError', 'scan.nii.gz: Expected a whole gzip stream, got one that is damaged or cut short.'],
  ['SegmentationInputError', 'Expected a scan of a head, at least 32 mm along each axis.'],
  ['Error', 'ENOSPC: no space left on device, write'],
])('a device is not the reason of %s: %s', (name, message) => {
  expect(isProviderFailure({ name, message })).toBe(false);
});

import { describe } from 'vitest';
import { WebGpuBackend } from '../gpu/webgpu-backend';
import { present } from '../lib/invariant';
import { describeExactness } from './testing/exactness';

// One lane is what the software adapter uses, eight what GPUs use: two numerics classes, each exact in itself.
describe.each([1, 8])('%i lanes', (lanes) => {
  describeExactness(async (maxBindingBytes) => {
    const adapter = present(await navigator.gpu.requestAdapter(), 'a WebGPU adapter');
    return new WebGpuBackend(await adapter.requestDevice(), { lanes, maxBindingBytes });
  });
});

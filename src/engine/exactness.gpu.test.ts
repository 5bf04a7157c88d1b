import { describe } from 'vitest';
import { appBackend } from '../kernels/testing/twins';
import { describeExactness } from './testing/exactness';

// One lane is what the software adapter uses, eight what GPUs use: two numerics classes, each exact in itself.
describe.each([1, 8])('%i lanes', (lanes) => {
  describeExactness((maxBindingBytes) => appBackend(lanes, { maxBindingBytes }));
});

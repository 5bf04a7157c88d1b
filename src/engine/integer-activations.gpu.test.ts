import { describe } from 'vitest';
import { gpuBackend } from '../kernels/testing/twins';
import { describeIntegerActivations } from './testing/integer-activations';

const deep = import.meta.env['HEARTH_DEEP'] === '1';

// As on GPUs, and as on the software adapter.
describe.each(deep ? [8, 1] : [8])('%i lanes', (lanes) => describeIntegerActivations(() => gpuBackend(lanes), deep));

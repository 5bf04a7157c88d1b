import { describe } from 'vitest';
import { gpuBackend } from '../kernels/testing/twins';
import { describeLlama } from './testing/llama-suite';

// One lane is what software adapters use, eight what GPUs use.
describe.each([1, 8])('%i lanes', (lanes) => describeLlama(() => gpuBackend(lanes)));

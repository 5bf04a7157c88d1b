import { describe } from 'vitest';
import { CpuBackend } from '../gpu/cpu-backend';
import { describeDecoders, describeDispatches, describeOddities } from './testing/decoders';

// With several lanes norms lie inside products.
describe.each([1, 8])('%i lanes', (lanes) => describeDecoders(() => Promise.resolve(new CpuBackend(lanes))));
describeDispatches();
describeOddities();

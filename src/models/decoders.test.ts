import { describe } from 'vitest';
import { cpuBackend, describeDecoders, describeDispatches, describeOddities } from './testing/decoders';

// With several lanes norms lie inside products.
describe.each([1, 8])('%i lanes', (lanes) => describeDecoders(() => Promise.resolve(cpuBackend(lanes))));
describeDispatches();
describeOddities();

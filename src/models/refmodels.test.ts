import { CpuBackend } from '../gpu/cpu-backend';
import { describeRefmodels } from './testing/refmodels';

await describeRefmodels(() => Promise.resolve(new CpuBackend()), 'hf', 3);

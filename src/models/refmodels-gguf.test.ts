import { CpuBackend } from '../gpu/cpu-backend';
import { describeRefmodels } from './testing/refmodels';

const SEQUENCES = import.meta.env['HEARTH_DEEP'] ? 3 : 1;

await describeRefmodels(() => Promise.resolve(new CpuBackend()), 'gguf', SEQUENCES);

import { CpuBackend } from '../gpu/cpu-backend';
import { describeLlama } from './testing/llama-suite';

describeLlama(() => Promise.resolve(new CpuBackend()));

import { CpuBackend } from '../gpu/cpu-backend';
import { describeGreedy } from './testing/describe-greedy';

describeGreedy(() => Promise.resolve(new CpuBackend()));

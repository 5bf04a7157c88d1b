import { CpuBackend } from '../gpu/cpu-backend';
import { describeStories } from './testing/stories260k';

await describeStories(() => Promise.resolve(new CpuBackend()), Infinity);

import { gpuBackend } from '../kernels/testing/twins';
import { describeStories } from './testing/stories260k';

await describeStories(gpuBackend, import.meta.env['HEARTH_DEEP'] === '1' ? Infinity : 2);

import { gpuBackend } from '../kernels/testing/twins';
import { describeSpeculation } from './testing/speculation';

describeSpeculation(gpuBackend, import.meta.env['HEARTH_DEEP'] === '1' ? 200 : 5);

import { gpuBackend } from '../kernels/testing/twins';
import { describeGolden } from './testing/golden';

describeGolden(gpuBackend, import.meta.env['HEARTH_DEEP'] === '1');

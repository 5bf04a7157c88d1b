import { describeSampling } from './testing/describe-sampling';
import { gpuBackend } from './testing/twins';

const more = import.meta.env['HEARTH_DEEP'] === '1' ? 10 : 1;

// Few draws: in software a workgroup of 256 threads takes its time, and the twins have drawn the many.
describeSampling(gpuBackend, {
  draws: 200 * more,
  smallDraws: 300 * more,
  largeDraws: 40 * more,
});

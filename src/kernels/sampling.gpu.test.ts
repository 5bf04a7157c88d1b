import { describeSampling } from './testing/describe-sampling';
import { gpuBackend } from './testing/twins';

const more = import.meta.env['HEARTH_DEEP'] === '1' ? 10 : 1;

describeSampling(gpuBackend, {
  draws: 500 * more,
  smallDraws: 2000 * more,
  largeDraws: 160 * more,
});

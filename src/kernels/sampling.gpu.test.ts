import { describeSampling } from './testing/describe-sampling';
import { gpuBackend } from './testing/twins';

const more = import.meta.env['HEARTH_DEEP'] === '1' ? 10 : 1;

describeSampling(gpuBackend, {
  draws: 200 * more,
  smallDraws: 500 * more,
  largeDraws: 60 * more,
});

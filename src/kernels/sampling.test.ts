import { CpuBackend } from '../gpu/cpu-backend';
import { describeSampling } from './testing/describe-sampling';

const more = import.meta.env['HEARTH_DEEP'] === '1' ? 10 : 1;

describeSampling(() => Promise.resolve(new CpuBackend()), {
  draws: 10_000 * more,
  smallDraws: 10_000 * more,
  largeDraws: 80 * more,
});

import { CpuBackend } from '../gpu/cpu-backend';
import { describeGolden } from './testing/golden';

describeGolden(() => Promise.resolve(new CpuBackend()), import.meta.env['HEARTH_DEEP'] === '1');

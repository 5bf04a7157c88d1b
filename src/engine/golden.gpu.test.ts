import { appBackend } from '../kernels/testing/twins';
import { describeGolden } from './testing/golden';

describeGolden(appBackend, import.meta.env['HEARTH_DEEP'] === '1');

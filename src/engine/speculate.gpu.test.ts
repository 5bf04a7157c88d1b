import { appBackend } from '../kernels/testing/twins';
import { describeSpeculation } from './testing/speculation';

describeSpeculation(appBackend, import.meta.env['HEARTH_DEEP'] === '1' ? 200 : 5);

import { CpuBackend } from '../gpu/cpu-backend';
import { describeDecoders, describeOddities } from './testing/decoders';

describeDecoders(() => Promise.resolve(new CpuBackend()));
describeOddities();

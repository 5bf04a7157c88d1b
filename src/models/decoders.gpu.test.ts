import { gpuBackend } from '../kernels/testing/twins';
import { describeDecoders } from './testing/decoders';

describeDecoders(gpuBackend);

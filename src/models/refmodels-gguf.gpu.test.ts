import { gpuBackend } from '../kernels/testing/twins';
import { describeRefmodels } from './testing/refmodels';

/** The formats of K-quants, and a matrix in two of them; those of other types are matmul.gpu.test.ts's business. */
const CASES = ['llama-k.q4_k_m', 'llama-k.q5_k'];

await describeRefmodels(gpuBackend, 'gguf', 1, CASES);

import { describeGreedy } from './testing/describe-greedy';
import { gpuBackend } from './testing/twins';

describeGreedy(() => gpuBackend(8)); // as on a GPU; the golden answers come through the single lane of a software adapter

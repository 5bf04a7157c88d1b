import { CpuBackend } from '../gpu/cpu-backend';
import { describeExactness } from './testing/exactness';

class SplittingBackend extends CpuBackend {
  override readonly limits;

  constructor(maxBindingBytes: number) {
    super();
    this.limits = { maxBindingBytes };
  }
}

describeExactness((maxBindingBytes) =>
  Promise.resolve(maxBindingBytes === undefined ? new CpuBackend() : new SplittingBackend(maxBindingBytes)),
);

import { defineKernel } from '../../gpu/kernel';
import { proposeOnCpu } from './propose.cpu';
import main from './propose.wgsl?raw';

/** Writes what a draft drew behind its sequence's tokens, where the next draft step and the verifying forward read it. */
export const propose = defineKernel({
  name: 'propose',
  bindings: [
    { name: 'rows', access: 'read' },
    { name: 'picked', access: 'read' },
    { name: 'chosen', access: 'read' },
    { name: 'tokens', access: 'read_write' },
  ],
  constants: ['OUTPUTS', 'TOKENS_STRIDE'],
  wgsl: () => main,
  cpu: proposeOnCpu,
});

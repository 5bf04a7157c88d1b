import { defineKernel } from '../../gpu/kernel';
import type { Grid } from '../../gpu/kernel';
import { divideUp } from '../../lib/shapes';
import { maskOnCpu } from './mask.cpu';
import main from './mask.wgsl?raw';

/**
 * What a grammar forbids, in place on the logits: tokens whose bit is not set get the lowest logit there is, so that nothing
 * draws them beside one that is allowed. Logits that are not finite stay, to be reported.
 */
export const mask = defineKernel({
  name: 'mask',
  bindings: [
    { name: 'logits', access: 'read_write' },
    { name: 'masks', access: 'read' },
  ],
  constants: ['VOCAB', 'LOGIT_STRIDE'],
  wgsl: () => main,
  cpu: maskOnCpu,
});

export function maskGrid(vocabSize: number, outputs: number): Grid {
  return [divideUp(vocabSize, 256), 1, outputs];
}

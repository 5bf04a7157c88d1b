import { defineKernel } from '../../gpu/kernel';
import slotState from '../shared/slot-state.wgsl?raw';
import tile from '../shared/tile.wgsl?raw';
import rank from '../shared/rank.wgsl?raw';
import { penalizeOnCpu } from './penalize.cpu';
import main from './penalize.wgsl?raw';

/**
 * Penalties and then bias, in place on the logits of [tiles, 1, outputs]. Ids of one slot's biases differ. Results that
 * overflow stay finite; logits that are not finite stay as they are.
 */
export const penalize = defineKernel({
  name: 'penalize',
  bindings: [
    { name: 'logits', access: 'read_write' },
    { name: 'rows', access: 'read' },
    { name: 'picked', access: 'read' },
    { name: 'slots', access: 'read' },
    { name: 'tokens', access: 'read' },
    { name: 'counts', access: 'read' },
    { name: 'biases', access: 'read' },
  ],
  constants: ['VOCAB', 'LOGIT_STRIDE', 'TOKENS_STRIDE'],
  wgsl: () => [slotState, rank, tile, main].join('\n'),
  cpu: penalizeOnCpu,
});

import { defineKernel } from '../../gpu/kernel';
import slotState from '../shared/slot-state.wgsl?raw';
import { commitOnCpu } from './commit.cpu';
import main from './commit.wgsl?raw';

/**
 * Accepts the drawn tokens of each sequence: a row's token counts as long as the drafted tokens before it are those that were
 * drawn (sample and match: with one's own noise at every position, the accepted text is the one without drafting). Without
 * drafting a sequence has one row, whose token counts. What is accepted becomes the sequence's, and the host's result.
 */
export const commit = defineKernel({
  name: 'commit',
  bindings: [
    { name: 'plan', access: 'read' },
    { name: 'chosen', access: 'read' },
    { name: 'slots', access: 'read_write' },
    { name: 'tokens', access: 'read_write' },
    { name: 'counts', access: 'read_write' },
    { name: 'results', access: 'read_write' },
  ],
  constants: ['ROWS_PER_SEQUENCE', 'TOKENS_STRIDE', 'VOCAB'],
  wgsl: () => [slotState, main].join('\n'),
  cpu: commitOnCpu,
});

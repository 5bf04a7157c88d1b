import { defineKernel } from '../../gpu/kernel';
import { KV_POOL_CONSTANTS } from '../shared/kv-pool';
import kvPool from '../shared/kv-pool.wgsl?raw';
import { attentionOnCpu } from './attention.cpu';
import main from './attention.wgsl?raw';

/** y[r][head] = softmax(SCALE · q · Kᵀ) · V over the positions row r may see. */
export const attention = defineKernel({
  name: 'attention',
  bindings: [
    { name: 'qkv', access: 'read' },
    { name: 'rows', access: 'read' },
    { name: 'tables', access: 'read' },
    { name: 'keys', access: 'read' },
    { name: 'values', access: 'read' },
    { name: 'y', access: 'read_write' },
  ],
  constants: [...KV_POOL_CONSTANTS, 'Q_HEADS', 'QKV_STRIDE', 'Y_STRIDE', 'SCALE'],
  wgsl: () => [kvPool, main].join('\n'),
  cpu: attentionOnCpu,
});

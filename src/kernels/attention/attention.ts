import { defineKernel } from '../../gpu/kernel';
import { KV_POOL_CONSTANTS } from '../shared/kv-pool';
import kvPool from '../shared/kv-pool.wgsl?raw';
import softCap from '../shared/soft-cap.wgsl?raw';
import { attentionOnCpu } from './attention.cpu';
import main from './attention.wgsl?raw';

/**
 * y[r][head] = softmax(SCALE · q · Kᵀ) · V over the positions row r may see: those up to its own, of which WINDOW leaves the
 * last ones (0: all). SOFT_CAP keeps scores between −SOFT_CAP and SOFT_CAP (0: as they are).
 */
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
  constants: [...KV_POOL_CONSTANTS, 'Q_HEADS', 'QKV_STRIDE', 'Y_STRIDE', 'SCALE', 'SOFT_CAP', 'WINDOW'],
  wgsl: () => [kvPool, softCap, main].join('\n'),
  cpu: attentionOnCpu,
});

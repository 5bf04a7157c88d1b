import { defineKernel } from '../../gpu/kernel';
import { qkNormOnCpu } from './qk-norm.cpu';
import main from './qk-norm.wgsl?raw';

/**
 * q = q / sqrt(mean(q²) + EPSILON) · weight, and k likewise, in place, each mean over the whole projection (all heads). A
 * workgroup takes the queries or the keys of a row: the grid is [2, 1, rows]. (Norms of single heads are rotary-append's.)
 */
export const qkNorm = defineKernel({
  name: 'qk-norm',
  bindings: [
    { name: 'qkv', access: 'read_write' },
    { name: 'weight', access: 'read' },
  ],
  constants: ['Q_HEADS', 'KV_HEADS', 'HEAD_DIM', 'QKV_STRIDE', 'EPSILON'],
  wgsl: () => main,
  cpu: qkNormOnCpu,
});

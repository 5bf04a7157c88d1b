/**
 * What this device can do at best, for the benchmark to hold kernels against: reading, copying, multiplying and adding,
 * unpacking. No model uses them.
 */
import { defineKernel } from '../../gpu/kernel';
import copyText from './copy.wgsl?raw';
import multiplyAddText from './multiply-add.wgsl?raw';
import { copyOnCpu, multiplyAddOnCpu, readOnCpu, unpackOnCpu } from './probes.cpu';
import readText from './read.wgsl?raw';
import unpackText from './unpack.wgsl?raw';

/** Threads of a workgroup of each probe. */
export const PROBE_WORKGROUP = 64;

/** Floating-point operations of a thread for each of ROUNDS: eight chains of four lanes, a product and a sum each. */
export const OPERATIONS_PER_ROUND = 8 * 4 * 2;

/** Nibbles of a thread for each of ROUNDS. */
export const NIBBLES_PER_ROUND = 32;

const xy = [
  { name: 'x', access: 'read' },
  { name: 'y', access: 'read_write' },
] as const;

/** y[thread] = exclusive or of the words of x that the thread has read. Grid: THREADS / PROBE_WORKGROUP. */
export const probeRead = defineKernel({
  name: 'probe/read',
  bindings: xy,
  constants: ['VECTORS', 'THREADS'],
  wgsl: () => readText,
  cpu: readOnCpu,
});

/** y = x. Grid: THREADS / PROBE_WORKGROUP. */
export const probeCopy = defineKernel({
  name: 'probe/copy',
  bindings: xy,
  constants: ['VECTORS', 'THREADS'],
  wgsl: () => copyText,
  cpu: copyOnCpu,
});

/** y = the sum of eight chains of ROUNDS times v / 2 + 1, begun at x + 0 … 7; all come to rest at 2. */
export const probeMultiplyAdd = defineKernel({
  name: 'probe/multiply-add',
  bindings: xy,
  constants: ['ROUNDS'],
  wgsl: () => multiplyAddText,
  cpu: multiplyAddOnCpu,
});

/** y = the sum of the nibbles of ROUNDS times four words, the first ones from x, each where it stands in its byte. */
export const probeUnpack = defineKernel({
  name: 'probe/unpack',
  bindings: xy,
  constants: ['ROUNDS'],
  wgsl: () => unpackText,
  cpu: unpackOnCpu,
});

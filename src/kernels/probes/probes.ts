/**
 * What this device can do at best, for the benchmark to hold kernels against: reading, copying, multiplying and adding,
 * unpacking. No model uses them.
 */
import { defineKernel } from '../../gpu/kernel';
import { unrolled } from '../shared/unrolled';
import copyText from './copy.wgsl?raw';
import multiplyAddText from './multiply-add.wgsl?raw';
import { copyOnCpu, multiplyAddOnCpu, readOnCpu, unpackOnCpu } from './probes.cpu';
import readText from './read.wgsl?raw';
import unpackText from './unpack.wgsl?raw';

/** Threads of a workgroup of each probe. */
export const PROBE_WORKGROUP = 64;

/** Floating-point operations of each step of a thread and of each of WIDTH: eight chains, a product and a sum each. */
export const OPERATIONS_PER_STEP = 8 * 2;

/** Nibbles of each step of a thread and of each of WIDTH. */
export const NIBBLES_PER_STEP = 8;

const xy = [
  { name: 'x', access: 'read' },
  { name: 'y', access: 'read_write' },
] as const;

/**
 * y[thread] = exclusive or of the words of x that the thread has read: with PIECES = 1 those of its own piece, else every
 * THREADS-th vector. Grid: THREADS / PROBE_WORKGROUP.
 */
export const probeRead = defineKernel({
  name: 'probe/read',
  bindings: xy,
  constants: ['VECTORS', 'THREADS', 'PIECES'],
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

/**
 * y = the sum of eight chains of ROUNDS · STEPS times v / 2 + 1, begun at x + 0 … 7; all come to rest at 2. A thread has
 * WIDTH of each: 1, or 4 as a vector.
 */
export const probeMultiplyAdd = defineKernel({
  name: 'probe/multiply-add',
  bindings: xy,
  constants: ['ROUNDS', 'STEPS', 'WIDTH'],
  wgsl: ({ STEPS, WIDTH }) => {
    const alias = WIDTH === 1 ? 'alias Lanes = f32;' : 'alias Lanes = vec4f;';
    return `${alias}\n${unrolled(multiplyAddText, { STEPS })}`;
  },
  cpu: multiplyAddOnCpu,
});

/**
 * y = the sum of the nibbles of ROUNDS · STEPS words, the first one from x, each where it stands in its byte. A thread
 * has WIDTH such words at a time: 1, or 4 as a vector.
 */
export const probeUnpack = defineKernel({
  name: 'probe/unpack',
  bindings: xy,
  constants: ['ROUNDS', 'STEPS', 'WIDTH'],
  wgsl: ({ STEPS, WIDTH }) => {
    const [words, sums, shift] = WIDTH === 1 ? ['i32', 'f32', 'u32'] : ['vec4i', 'vec4f', 'vec4u'];
    return `alias Words = ${words};\nalias Sums = ${sums};\nalias Shift = ${shift};\n${unrolled(unpackText, { STEPS })}`;
  },
  cpu: unpackOnCpu,
});

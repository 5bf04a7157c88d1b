import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineKernel } from '../../gpu/kernel';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { divideUp } from '../../lib/shapes';
import { gpuBackend, runBoth } from '../testing/twins';
import { exponential, tokenBits } from './random.cpu';
import random from './random.wgsl?raw';

/** A series of eight terms, or a logarithm and a product, in f32. */
const F32_ERROR = 1e-6;

/** Of each pair of words the token bits under a fixed seed, and of the first word the exponential number. */
const draw = defineKernel({
  name: 'draw',
  bindings: [
    { name: 'words', access: 'read' },
    { name: 'bits', access: 'read_write' },
    { name: 'waits', access: 'read_write' },
  ],
  constants: [],
  wgsl: () => `${random}
    @group(0) @binding(0) var<storage, read> words: array<vec2u>;
    @group(0) @binding(1) var<storage, read_write> bits: array<u32>;
    @group(0) @binding(2) var<storage, read_write> waits: array<f32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3u) {
      if (id.x < arrayLength(&bits)) {
        bits[id.x] = threefry2x32(words[id.x], vec2u(0xdeadbeefu, 0x001fffffu)).x;
        waits[id.x] = exponential(words[id.x].x);
      }
    }`,
  cpu({ words, bits, waits }) {
    for (let i = 0; i < bits.u32.length; i++) {
      bits.u32[i] = tokenBits(0xdeadbeef, 0x1fffff, words.u32[2 * i]!, words.u32[2 * i + 1]!);
      waits.f32[i] = exponential(words.u32[2 * i]!);
    }
  },
});

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

it('gives the same bits as the twin, and numbers as exact as f32 from 2⁻³³ to 23', async () => {
  const words = [0, 1, 2, 3, 28_000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
  for (let power = 2; power < 32; power++) words.push(2 ** power - 1, 2 ** power, 2 ** power + 1);
  for (let i = 0; i < 2000; i++) words.push(Math.imul(i, 0x9e3779b1) >>> 0, Math.imul(i, 0x9e3779b1) >>> (i % 32));
  if (words.length % 8 !== 0) words.length -= words.length % 8; // buffers are whole vec4s
  const count = words.length;
  const pairs = new Uint32Array(2 * count);
  words.forEach((word, i) => pairs.set([word, 7 * i], 2 * i));
  const contents = { words: pairs, bits: new Uint32Array(count), waits: new Float32Array(count) };
  const both = await runBoth(gpu, draw, contents, {}, [divideUp(count, 64), 1, 1]);
  expect(new Uint32Array(both.gpu['bits']!)).toEqual(new Uint32Array(both.cpu['bits']!));
  const waits = new Float32Array(both.gpu['waits']!);
  const worst = words.reduce((most, word, i) => Math.max(most, Math.abs(waits[i]! / exponential(word) - 1)), 0);
  expect(worst).toBeLessThan(F32_ERROR);
});

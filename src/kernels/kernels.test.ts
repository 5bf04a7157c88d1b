import { describe, expect, it } from 'vitest';
import { overridesOf } from '../gpu/kernel';
import { KERNELS } from './index';
import { DECODERS, isIntegerDecoder } from './shared/packed';

/** `@group(0) @binding(1) var<storage, read> x: array<vec4f>;` */
const BINDING = /@group\(0\) @binding\((\d+)\) var<storage, (read|read_write)> (\w+):/g;

/** WebGPU's guaranteed limits, which every kernel keeps. */
const MAX_STORAGE_BUFFERS = 8;

/** Kernels of the class whose activations are codes: they take quantised weights, and WGSL's products of packed bytes. */
const isInteger = (name: string) => name.endsWith('/int8') || name === 'quantize-rows';

const variants = Object.values(KERNELS).flatMap((kernel) => {
  const constants = Object.fromEntries(kernel.constants.map((name) => [name, 1]));
  const suits = (decoder: number) => !isInteger(kernel.name) || isIntegerDecoder(DECODERS[decoder]!);
  const decoders = 'DECODER' in constants ? DECODERS.map((_, i) => i).filter(suits) : [0];
  const sharings = 'QUADS' in constants && !isInteger(kernel.name) ? [0, 1] : [0];
  return decoders.flatMap((DECODER) =>
    sharings.map((QUADS) => {
      const weights = decoders.length > 1 ? ` of ${DECODERS[DECODER]} weights` : '';
      const title = `${kernel.name}${weights}${QUADS ? ' in quads' : ''}`;
      return { title, kernel, QUADS, text: kernel.wgsl({ ...constants, DECODER, QUADS } as never) };
    }),
  );
});

describe.each(variants)('the description of $title', ({ kernel, QUADS, text }) => {
  it('names the bindings of the WGSL, by their numbers and with their access', () => {
    const declared = [...text.matchAll(BINDING)]
      .map(([, index, access, name]) => ({ index: Number(index), access, name }))
      .toSorted((a, b) => a.index - b.index);
    expect(declared).toEqual(kernel.bindings.map(({ name, access }, index) => ({ index, access, name })));
    expect(declared.length).toBeLessThanOrEqual(MAX_STORAGE_BUFFERS);
  });

  it('gives every override a constant', () => {
    const constants = new Set<string>(kernel.constants);
    expect(overridesOf(text).filter((name) => !constants.has(name))).toEqual([]);
  });

  it('asks for no optional feature, but for subgroups where a sibling does without', () => {
    if (QUADS) expect(text.match(/^\s*(enable|requires)\b.*/gm)?.join() ?? '').toMatch(/^(enable subgroups;)?$/);
    else expect(text).not.toMatch(/^\s*(enable|requires)\b/m);
    if (!QUADS) expect(text).not.toMatch(/\bsubgroup/);
    expect(/\b(dot4|pack4x[IU]8|unpack4x[IU]8)/.test(text)).toBe(isInteger(kernel.name));
  });
});

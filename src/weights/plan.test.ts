import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PackedFormat, rowLayout } from '../quant/format';
import { DEFAULT_INT4, DEFAULT_INT8 } from '../quant/choose';
import type { CheckpointFile, CheckpointTensor } from './formats/checkpoint';
import { FLOAT_BYTES, type FloatType } from './formats/floats';
import { sourceRowBytes } from './formats/weight-types';
import { planImport } from './plan';
import type { WeightSpec } from './spec';

const FORMATS: PackedFormat[] = [
  DEFAULT_INT4,
  DEFAULT_INT8,
  { kind: 'int4', group: 128, affine: true, scale: 'f32' },
  { kind: 'bf16' },
  { kind: 'f32' },
];

/** Files that hold what the specs ask for, one tensor after another with a gap between. */
function filesFor(specs: readonly WeightSpec[], fileCount = 1, dtype: FloatType = 'BF16'): CheckpointFile[] {
  const files = Array.from({ length: fileCount }, (_, i): CheckpointFile => {
    return { path: `${i}.safetensors`, version: { sizeBytes: null, validator: null }, bytes: 100, tensors: [] };
  });
  for (const [i, { name, source, rows, width, role }] of specs.flatMap(partsOf).entries()) {
    const file = files[i % fileCount]!;
    const startBytes = file.bytes + (name.length % 3);
    const endBytes = startBytes + rows * width * FLOAT_BYTES[dtype];
    file.tensors.push({
      name: source,
      dtype,
      shape: role === 'vector' ? [width] : [rows, width],
      startBytes,
      endBytes,
    });
    file.bytes = endBytes;
  }
  return files;
}

const partsOf = ({ name, parts, width, role }: WeightSpec) => parts.map((part) => ({ ...part, name, width, role }));

const specsOf = fc
  .array(
    fc.record({
      rows: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }),
      width: fc.integer({ min: 1, max: 130 }),
      format: fc.constantFrom(...FORMATS),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((tensors) =>
    tensors.map(({ rows, width, format }, t) => {
      const parts = rows.map((count, p) => ({ source: `t${t}.p${p}`, rows: count }));
      const spec: WeightSpec = { name: `t${t}`, parts, width, role: 'attention' };
      return { spec, format };
    }),
  );

describe('a plan', () => {
  it('takes every weight once, from front to back, and gives each its own aligned place', () => {
    fc.assert(
      fc.property(
        specsOf,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 4, max: 40 }),
        fc.integer({ min: 1, max: 4000 }),
        (tensors, fileCount, shardKib, blockBytes) => {
          const specs = tensors.map(({ spec }) => spec);
          const formats = new Map(
            tensors.flatMap(({ spec, format }) => spec.parts.map((part) => [part.source, format])),
          );
          const files = filesFor(specs, fileCount);
          const sizes = { shardBytes: shardKib * 1024, blockBytes };
          const plan = planImport(specs, files, formats, sizes);

          // The source: in order, and together exactly the tensors.
          const blocks = plan.shards.flatMap((shard) => shard.blocks);
          const taken = files.map(() => [] as number[]);
          let last = { file: 0, endBytes: 0 };
          for (const { file, startBytes, rows, width, dtype } of blocks) {
            expect(file > last.file || (file === last.file && startBytes >= last.endBytes)).toBe(true);
            const rowBytes = sourceRowBytes(dtype, width);
            expect(rows === 1 || rows * rowBytes <= blockBytes).toBe(true);
            for (let row = 0; row < rows; row++) taken[file]!.push(startBytes + row * rowBytes);
            last = { file, endBytes: startBytes + rows * rowBytes };
          }
          for (const [file, { tensors }] of files.entries()) {
            const rowStarts = tensors.flatMap(({ startBytes, shape: [rows = 0, width = 0] }) =>
              Array.from({ length: rows }, (_, row) => startBytes + row * width * 2),
            );
            expect(taken[file]).toEqual(rowStarts);
          }

          // The shards: ranges in place, none on another, none beyond its shard.
          const ranges = plan.tensors.flatMap(({ slabs }) =>
            slabs.flatMap(({ codes, scales }) => [codes, scales ?? []].flat()),
          );
          for (const { offsetBytes, bytes, shard } of ranges) {
            expect(offsetBytes % 256).toBe(0);
            expect(offsetBytes + bytes).toBeLessThanOrEqual(plan.shards[shard]!.bytes);
          }
          for (const [index, shard] of plan.shards.entries()) {
            expect(shard.bytes).toBeLessThanOrEqual(sizes.shardBytes);
            const own = ranges.filter((range) => range.shard === index).sort((a, b) => a.offsetBytes - b.offsetBytes);
            for (let i = 1; i < own.length; i++) {
              expect(own[i]!.offsetBytes).toBeGreaterThanOrEqual(own[i - 1]!.offsetBytes + own[i - 1]!.bytes);
            }
          }

          // The tensors: slabs in order cover all rows.
          for (const { slabs, rows, format, width } of plan.tensors) {
            const { codeWordsPerRow, scaleWordsPerRow } = rowLayout(format, width);
            let next = 0;
            for (const { firstRow, rows: count, codes, scales } of slabs) {
              expect(firstRow).toBe(next);
              next += count;
              expect(codes.bytes).toBe(4 * count * codeWordsPerRow);
              expect(scales?.bytes ?? 0).toBe(4 * count * scaleWordsPerRow);
              expect(scales === null || scales.shard === codes.shard).toBe(true);
            }
            expect(next).toBe(rows);
          }
          expect(planImport(specs, files, formats, sizes)).toEqual(plan);
        },
      ),
    );
  });

  it('keeps the places of an 8-billion-parameter model within 64 MiB shards', () => {
    const spec: WeightSpec = {
      name: 'embedding',
      parts: [{ source: 'e', rows: 128_256 }],
      width: 4096,
      role: 'embedding',
    };
    const plan = planImport([spec], filesFor([spec]), new Map([['e', DEFAULT_INT4]]));
    expect(plan.shards.map(({ bytes }) => bytes).every((bytes) => bytes <= 64 * 2 ** 20)).toBe(true);
    expect(plan.shards.length).toBe(5); // 128,256 × 4,096 × 4.5 bits
    expect(plan.tensors[0]!.slabs).toHaveLength(5);
  });
});

describe('a checkpoint that does not fit its config.json is refused', () => {
  const specs: WeightSpec[] = [
    { name: 'embedding', parts: [{ source: 'embed', rows: 10 }], width: 8, role: 'embedding' },
    { name: 'norm', parts: [{ source: 'norm', rows: 1 }], width: 8, role: 'vector' },
    { name: 'up', parts: [{ source: 'up', rows: 4 }], width: 8, role: 'feed-forward' },
  ];
  const formats = new Map(specs.flatMap(({ parts }) => parts.map(({ source }) => [source, FORMATS[0]!])));
  const planWith = (change: (tensors: CheckpointTensor[]) => CheckpointTensor[]) => {
    const [file] = filesFor(specs);
    return () => planImport(specs, [{ ...file!, tensors: change(file!.tensors) }], formats);
  };
  const edit = (name: string, changes: Partial<CheckpointTensor>) =>
    planWith((tensors) => tensors.map((tensor) => (tensor.name === name ? { ...tensor, ...changes } : tensor)));
  const add = (name: string) =>
    planWith((tensors) => [...tensors, { name, dtype: 'F32', shape: [1], startBytes: 1e6, endBytes: 1e6 + 4 }]);

  it.each<[string, () => unknown, string, RegExp]>([
    ['a tensor is missing', planWith((all) => all.slice(1)), 'bad-file', /lack tensor "embed", which/],
    ['several are missing', planWith(() => []), 'bad-file', /lack tensor "embed" and 2 more/],
    ['there is one too many', add('up.bias'), 'bad-file', /holds tensor "up.bias", which a model .* does not have/],
    ['a matrix has another shape', edit('up', { shape: [8, 4] }), 'bad-file', /"up" has shape \[8, 4\].*\[4, 8\]/],
    ['a matrix is a vector', edit('up', { shape: [32] }), 'bad-file', /"up" has shape \[32\].*\[4, 8\]/],
    ['a vector is a matrix', edit('norm', { shape: [1, 8] }), 'bad-file', /"norm" has shape \[1, 8\].*\[8\]/],
    [
      'the vocabulary is another',
      edit('embed', { shape: [12, 8] }),
      'bad-file',
      /"embed" has shape \[12, 8\]; config\.json describes a vocabulary of 10 tokens, 8 numbers each: \[10, 8\]/,
    ],
    ['a weight is whole numbers', edit('up', { dtype: 'I32' }), 'unsupported-model', /"up" is of type I32/],
  ])('when %s', (_, plan, code, message) => {
    expect(plan).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  it.each(['model.layers.0.self_attn.rotary_emb.inv_freq', 'lm_head.weight'])('but may carry %s along', (name) => {
    expect(add(name)).not.toThrow();
  });
});

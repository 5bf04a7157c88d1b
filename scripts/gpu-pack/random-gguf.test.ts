/** Files made up for llama.cpp are GGUF to our own reader too, and hold what the shape has. */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { matrixBytes } from '../../src/bench/matrices';
import { type BenchShape, SHAPES } from '../../src/bench/shapes';
import { parseGgufHeader } from '../../src/weights/formats/gguf/header';
import { writeRandomGguf } from './random-gguf';

const qwen = (type: string) => SHAPES.find(({ config }) => config['model_type'] === type)!;
/** Widths of whole words of scales, for our packed rows end on words and those of GGUF on blocks. */
const small = { hidden_size: 64, intermediate_size: 128, num_hidden_layers: 1, vocab_size: 160 };
const heads = { num_attention_heads: 2, num_key_value_heads: 1 };
const tiny = (name: string, published: BenchShape['config']): BenchShape => ({
  name,
  config: { ...published, ...small, ...heads },
});
const llama = SHAPES[0]!.config;

it.each([
  tiny('llama, head tied', llama),
  tiny('llama, head of its own', { ...llama, tie_word_embeddings: false }),
  tiny('qwen2', qwen('qwen2').config),
  tiny('qwen3', qwen('qwen3').config),
])('our reader finds in a random file every weight of the shape: $name', async (shape) => {
  const folder = await mkdtemp(join(tmpdir(), 'hearth-gguf-'));
  try {
    const path = join(folder, 'random.gguf');
    const bytes = await writeRandomGguf(path, shape);
    const file = await open(path);
    const { size } = await file.stat();
    expect(size).toBe(bytes);
    const { buffer } = await file.read({ buffer: new Uint8Array(size) });
    await file.close();
    const header = parseGgufHeader(buffer, size, 'random.gguf');
    if ('neededBytes' in header) throw new Error('The header is longer than the file.');
    expect(header.metadata.get('general.architecture')).toBe(shape.config['model_type']);
    const matrices = header.tensors.filter(({ type }) => type.name === 'Q4_0');
    const held = matrices.reduce((sum, { startBytes, endBytes }) => sum + endBytes - startBytes, 0);
    const embedding = shape.config['tie_word_embeddings'] === true ? 0 : (160 * 64 * 18) / 32;
    expect(held).toBe(matrixBytes(shape.config) + embedding);
    expect(header.tensors.at(-1)!.endBytes).toBeLessThanOrEqual(size);
    const scales = matrices.map(({ startBytes }) => new DataView(buffer.buffer).getUint16(startBytes, true));
    expect(new Set(scales)).toEqual(new Set([0x1c00]));
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('other architectures are refused by name', async () => {
  const shape = tiny('gemma', { ...llama, model_type: 'gemma3' });
  await expect(writeRandomGguf('/dev/null', shape)).rejects.toMatchObject({ code: 'unsupported-model' });
});

/**
 * Memory while importing a model whose embedding alone is larger than what an import may take. The file is made as it is
 * sent, and the store keeps nothing, so what grows is the importer.
 */
import { expect, it } from 'vitest';
import { startHub } from '../../e2e/support/hub-server.mjs';
import { importModel } from './import';
import { MemoryStore } from './memory-store';
import { UrlSource } from './sources/url';
import { describeTest, text } from './testing/checkpoint';
import type { WeightSpec } from './spec';

const MiB = 2 ** 20;

/** What an import may add to the memory of its process, whatever the model's size. */
const MAX_GROWTH_BYTES = 300 * MiB;

const WIDTH = 4096;
const ROWS = 41_000; // 320 MiB of BF16

class ForgetfulStore extends MemoryStore {
  storedBytes = 0;

  override saveShard(_importId: string, _index: number, shard: Blob): Promise<void> {
    this.storedBytes += shard.size;
    return Promise.resolve();
  }
}

it.skipIf(import.meta.env['HEARTH_DEEP'] !== '1')(
  'an import takes at most 300 MiB, though one tensor has 320 (npm run test:deep)',
  async () => {
    const specs: WeightSpec[] = [
      { name: 'embedding', parts: [{ source: 'embed', rows: ROWS }], width: WIDTH, role: 'embedding' },
    ];
    const tensorBytes = ROWS * WIDTH * 2;
    const header = text(
      JSON.stringify({ embed: { dtype: 'BF16', shape: [ROWS, WIDTH], data_offsets: [0, tensorBytes] } }),
    );
    const start = new Uint8Array(8 + header.length);
    new DataView(start.buffer).setBigUint64(0, BigInt(header.length), true);
    start.set(header, 8);

    /** Weights between −1.5 and 1.5 that depend on their place alone. */
    const read = (from: number, to: number) =>
      Uint8Array.from({ length: to - from }, (_, i) => {
        const at = from + i;
        if (at < start.length) return start[at]!;
        const place = at - start.length;
        return place % 2 === 0 ? Math.imul(place, 2654435761) >>> 24 : 0x3f | (((place >> 1) & 1) << 7);
      });
    const hub = await startHub({
      'config.json': text(JSON.stringify({ specs })),
      'tokenizer.json': text('{}'),
      'model.safetensors': { bytes: start.length + tensorBytes, etag: '"made"', read },
    });

    const store = new ForgetfulStore();
    const before = process.memoryUsage().rss;
    let peak = before;
    const sample = () => {
      peak = Math.max(peak, process.memoryUsage().rss);
    };
    const timer = setInterval(sample, 20);
    try {
      await importModel({
        modelId: 'm',
        source: new UrlSource(hub.url),
        store,
        describe: describeTest,
        onProgress: sample,
      });
    } finally {
      clearInterval(timer);
      await hub.close();
    }
    expect(store.storedBytes).toBe((ROWS * WIDTH * 4.5) / 8);
    expect((peak - before) / MiB).toBeLessThan(MAX_GROWTH_BYTES / MiB);
  },
);

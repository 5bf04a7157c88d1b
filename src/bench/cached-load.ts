/**
 * How fast a stored model comes back: from the browser's store through the checksums to the device, as at every visit but the
 * first. The operating system may still have the files in memory, as it has after a download.
 */
import { uploadWeights } from '../engine/upload';
import type { Backend } from '../gpu/backend';
import { toHearthError } from '../lib/errors';
import { type Figure, figureOf } from '../lib/figure';
import { modelPage } from '../models/index';
import { DEFAULT_INT4 } from '../quant/choose';
import type { StoredWeights } from '../weights/manifest';
import { matrixBytes } from './matrices';
import { randomWeights } from './random-weights';
import type { BenchShape } from './shapes';

/** Weights in a store. */
export interface KeptWeights {
  readonly weights: StoredWeights;
  /** Deletes them there. */
  forget(): Promise<void>;
}

/** Puts weights into a store; null where there is none. Rejects where it has no room. */
export type KeepWeights = (weights: StoredWeights) => Promise<KeptWeights | null>;

/** As many layers are stored as take this much: more would say the same. */
const MOST_BYTES = 256 * 2 ** 20;

const ROUNDS = 3;

/** @returns bytes a second; null where nothing can be stored. @throws HearthError `out-of-memory`, `device-lost`, `aborted`. */
export async function benchCachedLoad(
  backend: Backend,
  shape: BenchShape,
  keep: KeepWeights,
  signal?: AbortSignal,
): Promise<Figure | null> {
  const layers = Number(shape.config['num_hidden_layers']);
  const withLayers = (count: number) => ({ ...shape.config, num_hidden_layers: count });
  const count = Array.from({ length: layers }, (_, i) => layers - i).find(
    (some) => matrixBytes(withLayers(some)) <= MOST_BYTES,
  );
  const config = withLayers(count ?? 1);
  const page = modelPage(config);
  const specs = page.weights(page.readConfig(config));
  const kept = await keep(randomWeights(shape.name, config, DEFAULT_INT4)).catch(() => null);
  if (!kept) return null;
  const bytesPerSecond: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const startMs = performance.now();
      const uploaded = await uploadWeights(backend, kept.weights, specs, { signal });
      bytesPerSecond.push((1000 * uploaded.bytes) / (performance.now() - startMs));
      uploaded.destroy();
    }
  } catch (error) {
    if (toHearthError(error).code !== 'weights-corrupt') throw error;
    return null; // another tab, or the person, has emptied the store meanwhile
  } finally {
    await kept.forget();
  }
  return figureOf(bytesPerSecond);
}

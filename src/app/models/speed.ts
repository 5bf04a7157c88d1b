/**
 * How fast a model would write here, before it is here. A token reads all weights and the keys and values before it, and goes
 * through the layers one dispatch after another; the device has been measured at both (src/engine/measure-reading.ts). What
 * else a token takes is not counted, so this is a little more than one gets, and with a draft model it may be less.
 */
import * as v from 'valibot';
import type { ContextCost, ModelCost, ReadingSpeed } from '../../client';
import { readKept, writeKept } from './kept';

/** Dispatches of one layer, as most architectures' pages record them. */
const LAYER_DISPATCHES = 8;
/** And of one token besides: embedding, head, drawing. */
const TOKEN_DISPATCHES = 20;

/** Null for a model of which nothing is known. */
export function tokensPerSecond(
  { readBytes, layers, contexts }: Pick<ModelCost, 'readBytes' | 'layers' | 'contexts'>,
  contextLength: number,
  { bytesPerSecond, dispatchSeconds }: ReadingSpeed,
): number | null {
  const cost = costAt(contexts, contextLength);
  if (!cost) return null;
  const seconds =
    readBytes.int4 / bytesPerSecond.int4 +
    readBytes.int8 / bytesPerSecond.int8 +
    (readBytes.float + cost.readBytes) / bytesPerSecond.float +
    (layers * LAYER_DISPATCHES + TOKEN_DISPATCHES) * dispatchSeconds;
  return 1 / seconds;
}

/** What is asked for may lie between two choices: the larger one counts. */
export function costAt(contexts: readonly ContextCost[], contextLength: number): ContextCost | undefined {
  return contexts.find((one) => one.contextLength >= contextLength) ?? contexts.at(-1);
}

/** Beginning with "hearth." like all keys of ours, so that export and deletion find it. */
export const SPEEDS_KEY = 'hearth.speeds';

const positive = v.pipe(v.number(), v.finite(), v.minValue(Number.MIN_VALUE));
const schema = v.object({
  bytesPerSecond: v.object({ int4: positive, int8: positive, float: positive }),
  dispatchSeconds: v.pipe(v.number(), v.finite(), v.minValue(0)),
});

/** By adapter: another browser, or another graphics card, is another one. */
export type Speeds = Readonly<Record<string, ReadingSpeed>>;

export function readSpeeds(storage: Pick<Storage, 'getItem'> | null): Speeds {
  return readKept(storage, SPEEDS_KEY, schema);
}

export function writeSpeeds(storage: Pick<Storage, 'setItem'> | null, speeds: Speeds): void {
  writeKept(storage, SPEEDS_KEY, speeds);
}

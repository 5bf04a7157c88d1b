/**
 * What a model takes on the device besides its weights, told before anything is made: the engine makes what this file plans,
 * and whoever asks "will it fit?" gets the same figures.
 */
import { ROW_MULTIPLE } from '../kernels/product';
import { BLOCK, kvBlockBytes } from '../kernels/shared/kv-pool';
import type { KvFormat } from '../kernels/shared/kv-pool';
import { HearthError } from '../lib/errors';
import { divideUp, roundUp } from '../lib/shapes';
import type { ModelPage, ModelShape } from '../models/page';
import type { RunnerOptions } from './runner';

/** Positions reserved where nobody asks for a number. */
export const DEFAULT_CONTEXT = 4096;

/** Room for KV pools of several sequences; one sequence always fits, whatever it takes. */
const KV_BUDGET_BYTES = 256 * 2 ** 20;
const MAX_SEQUENCES = 8;

/**
 * From this context on int8 is the better default: what it costs (src/quant/measured.json) is far below what int4 weights
 * cost, while each token reads all keys and values before it, and those in f16 outweigh the weights of small models.
 */
const INT8_CONTEXT = 8192;

/** Rows of one forward: a few passes for a long prompt, yet short enough to stop between two. */
const MAX_ROWS = { webgpu: 128, cpu: 32 } as const;

export type BackendKind = keyof typeof MAX_ROWS;

/** @throws HearthError `bad-request` for a context that the checkpoint was not made for. */
export function planRunner(
  kind: BackendKind,
  shape: ModelShape,
  options: Partial<Pick<RunnerOptions, 'contextLength' | 'maxRows' | 'kvFormat'>> = {},
): RunnerOptions {
  const contextLength = options.contextLength ?? Math.min(shape.maxContext, DEFAULT_CONTEXT);
  if (!Number.isSafeInteger(contextLength) || contextLength < 1 || contextLength > shape.maxContext) {
    throw new HearthError(
      'bad-request',
      `The context length is ${contextLength}; this model takes a whole number from 1 to ${shape.maxContext}.`,
    );
  }
  const kvFormat = options.kvFormat ?? chooseKvFormat(shape, contextLength);
  const sequenceBytes = cacheBytes(shape, { contextLength, maxSequences: 1, kvFormat });
  return {
    contextLength,
    maxRows: options.maxRows ?? MAX_ROWS[kind],
    maxSequences: Math.max(1, Math.min(MAX_SEQUENCES, Math.floor(KV_BUDGET_BYTES / sequenceBytes))),
    kvFormat,
  };
}

/** How keys and values are stored: in f16, unless one sequence would not fit the budget so, or the context is long. */
export function chooseKvFormat(shape: ModelShape, contextLength: number, budgetBytes = KV_BUDGET_BYTES): KvFormat {
  const f16Bytes = cacheBytes(shape, { contextLength, maxSequences: 1, kvFormat: 'f16' });
  return contextLength >= INT8_CONTEXT || f16Bytes > budgetBytes ? 'int8' : 'f16';
}

/** What `planRunner` comes to, in bytes. */
export interface RunnerMemory {
  /** Keys and values of all layers. */
  cacheBytes: number;
  /** Activations, and the table of rotations. */
  workBytes: number;
  /** The largest single buffer among them. */
  largestBufferBytes: number;
}

export function runnerMemory<Config>(page: ModelPage<Config>, config: Config, options: RunnerOptions): RunnerMemory {
  const shape = page.shape(config);
  const activations = Object.entries(page.activations(config)).map(([name, stride]) => {
    const rows = /^(picked|logits)/.test(name) ? options.maxSequences : options.maxRows;
    return 4 * stride * roundUp(rows, ROW_MULTIPLE);
  });
  return {
    cacheBytes: cacheBytes(shape, options),
    workBytes: activations.reduce((sum, bytes) => sum + bytes, 4 * options.contextLength * shape.headDim),
    largestBufferBytes: Math.max(poolBytes(shape, options), ...activations),
  };
}

type CacheOptions = Pick<RunnerOptions, 'contextLength' | 'maxSequences' | 'kvFormat'>;

/** Keys and values of all layers. */
function cacheBytes(shape: ModelShape, options: CacheOptions): number {
  return 2 * shape.layers * poolBytes(shape, options);
}

/** Keys (or values) of one layer. */
function poolBytes({ kvHeads, headDim }: ModelShape, { contextLength, maxSequences, kvFormat }: CacheOptions): number {
  return divideUp(contextLength, BLOCK) * maxSequences * kvBlockBytes(kvFormat, kvHeads, headDim);
}

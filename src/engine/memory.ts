/**
 * What a model takes on the device besides its weights, told before anything is made: the engine makes what this file plans,
 * and whoever asks "will it fit?" gets the same figures.
 */
import { partialBytes } from '../kernels/attention/splits';
import { ROW_MULTIPLE } from '../kernels/shared/epilogue';
import { BLOCK, kvBlockBytes } from '../kernels/shared/kv-pool';
import type { KvFormat } from '../kernels/shared/kv-pool';
import { ACTIVATION_FORMATS, quantizedBytes } from '../kernels/shared/quantized';
import { HearthError } from '../lib/errors';
import { divideUp, roundUp } from '../lib/shapes';
import type { ModelLayout, ModelShape } from '../models/page';
import { KV_BUDGET_BYTES, planKvPool } from './kv-plan';
import type { RunnerOptions } from './runner';
import { scratchBuffers, stateBuffers } from './state-buffers';

/** Positions reserved where nobody asks for a number. */
export const DEFAULT_CONTEXT = 4096;

/**
 * From this context on int8 is the better default: what it costs (src/quant/measured.json) is far below what int4 weights
 * cost, while each token reads all keys and values before it, and those in f16 outweigh the weights of small models.
 */
const INT8_CONTEXT = 8192;

/** Rows whose logits one forward gives, where a draft's guesses are verified, and the room they may take. */
const MAX_OUTPUTS = 40;
const LOGITS_BUDGET_BYTES = 16 * 2 ** 20;

/** Rows of one forward: a few passes for a long prompt, yet short enough to stop between two. */
const MAX_ROWS = { webgpu: 128, cpu: 32 } as const;

export type BackendKind = keyof typeof MAX_ROWS;

/** What a caller may ask of a runner. */
export type RunnerWishes = Partial<Pick<RunnerOptions, 'contextLength' | 'maxRows' | 'kvFormat' | 'activationFormat'>>;

/**
 * @param draft the shape of the model that guesses ahead, whose keys and values lie in the same blocks.
 * @throws HearthError `bad-request` for a context that the checkpoint was not made for, or an unknown activation format.
 */
export function planRunner(
  kind: BackendKind,
  shape: ModelShape,
  options: RunnerWishes = {},
  draft: ModelShape | null = null,
): RunnerOptions {
  const contextLength = options.contextLength ?? Math.min(shape.maxContext, DEFAULT_CONTEXT);
  if (!Number.isSafeInteger(contextLength) || contextLength < 1 || contextLength > shape.maxContext) {
    throw new HearthError(
      'bad-request',
      `The context length is ${contextLength}; this model takes a whole number from 1 to ${shape.maxContext}.`,
    );
  }
  const activationFormat = options.activationFormat ?? 'f32';
  if (!ACTIVATION_FORMATS.includes(activationFormat)) {
    throw new HearthError(
      'bad-request',
      `The activation format is ${JSON.stringify(activationFormat)}; expected one of ${ACTIVATION_FORMATS.join(', ')}.`,
    );
  }
  const models = [shape, ...(draft ? [draft] : [])];
  const kvFormat = options.kvFormat ?? chooseKvFormat(models, contextLength);
  const maxRows = options.maxRows ?? MAX_ROWS[kind];
  const blockBytes = cacheBytes(models, 1, kvFormat);
  const { blocks, slots } = planKvPool({ blockBytes, contextLength, maxRows });
  const affordable = Math.floor(LOGITS_BUDGET_BYTES / (4 * shape.vocabSize));
  return {
    contextLength,
    maxRows,
    maxSequences: slots,
    maxOutputs: Math.max(slots, Math.min(MAX_OUTPUTS, affordable)),
    blocks,
    kvFormat,
    activationFormat,
  };
}

/** How keys and values are stored: in f16, unless one sequence would not fit the budget so, or the context is long. */
export function chooseKvFormat(
  models: readonly ModelShape[],
  contextLength: number,
  budgetBytes = KV_BUDGET_BYTES,
): KvFormat {
  const f16Bytes = cacheBytes(models, divideUp(contextLength, BLOCK), 'f16');
  return contextLength >= INT8_CONTEXT || f16Bytes > budgetBytes ? 'int8' : 'f16';
}

/** What `planRunner` comes to, in bytes. */
export interface RunnerMemory {
  /** Keys and values of all layers. */
  cacheBytes: number;
  /** Activations, the tables of rotations, and what the device keeps of sequences and their drawing. */
  workBytes: number;
  /** The largest single buffer among them. */
  largestBufferBytes: number;
  /** Keys and values that one token reads when half of the context is written. */
  readBytes: number;
}

export function runnerMemory<Config>(page: ModelLayout<Config>, config: Config, options: RunnerOptions): RunnerMemory {
  const shape = page.shape(config);
  const strides = page.activations(config);
  const activations = Object.entries(strides).map(([name, stride]) => {
    const rows = isOfOutputs(name) ? options.maxOutputs : options.maxRows;
    return 4 * stride * roundUp(rows, ROW_MULTIPLE);
  });
  const quantized = options.activationFormat === 'int8' ? widestCodes(strides, options.maxRows) : 0;
  const logitStride = strides['logits'] ?? 0;
  const state = [stateBuffers(options, shape.vocabSize), scratchBuffers(options, shape.vocabSize, logitStride)]
    .flatMap((words) => Object.values<number>(words))
    .map((words) => 4 * words);
  const rotations = Object.values(page.rotations(config, 1)).map((table) => options.contextLength * table.byteLength);
  const partials = partialBytes(options.contextLength, shape.heads, shape.headDim);
  const work = [...activations, quantized, ...state, ...rotations, partials];
  return {
    cacheBytes: cacheBytes([shape], options.blocks, options.kvFormat),
    workBytes: work.reduce((sum, bytes) => sum + bytes, 0),
    largestBufferBytes: Math.max(
      options.blocks * kvBlockBytes(options.kvFormat, shape.kvHeads, shape.headDim),
      ...work,
    ),
    readBytes: cacheBytes([shape], divideUp(options.contextLength, 2 * BLOCK), options.kvFormat),
  };
}

/** Whether an activation has a row for each output, not for each row of a forward. */
export function isOfOutputs(name: string): boolean {
  return /^(picked|logits)/.test(name);
}

/** Bytes of the codes of the widest activation that a layer has (kernels/quantize-rows). */
export function widestCodes(strides: Readonly<Record<string, number>>, maxRows: number): number {
  const widths = Object.entries(strides).map(([name, stride]) => (isOfOutputs(name) ? 0 : stride));
  return quantizedBytes(roundUp(maxRows, ROW_MULTIPLE), Math.max(...widths));
}

/** Keys and values of all layers. */
function cacheBytes(models: readonly ModelShape[], blocks: number, format: KvFormat): number {
  return models.reduce(
    (sum, { layers, kvHeads, headDim }) => sum + 2 * layers * blocks * kvBlockBytes(format, kvHeads, headDim),
    0,
  );
}

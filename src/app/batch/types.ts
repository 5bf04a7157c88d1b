/** What a batch is: prompts from a file, a template, how they are answered, and what has come of each. Plain data; it is stored as it is. */
import type { FinishReason, GenerationOptions } from '../../client';
import type { RemoteChoice } from '../chats/types';

/** `lines`: one prompt to a line. */
export type PromptFormat = 'csv' | 'jsonl' | 'lines';

/** A file as it was read. */
export interface PromptFile {
  name: string;
  format: PromptFormat;
  /** Records of fields, all of one length. */
  records: readonly (readonly string[])[];
  /** The first record has the names of the columns; a CSV may be without. */
  hasHeader: boolean;
}

/** What is asked of every row. */
export interface BatchSettings {
  /** Text with `{{column}}` where a row's field goes. */
  template: string;
  systemPrompt: string;
  sampling: GenerationOptions;
  /** Who answers elsewhere; absent or null: this machine. It is in no export, and other prompts begin without. */
  remote?: RemoteChoice | null;
  /** Rows that are answered at once, 1 to `MAX_CONCURRENCY`. */
  concurrency: number;
}

/** As many as the engine mixes into one forward (`engine/memory.ts`). */
export const MAX_CONCURRENCY = 8;

/** What has come of a row. A row without one waits; one that was cut off waits again. */
export interface RowResult {
  /** Counted from 0 below the header. */
  row: number;
  answer: string;
  /** `failed`: this row cannot be answered, `error` says why. */
  finishReason: Exclude<FinishReason, 'aborted'> | 'failed';
  error?: string;
  promptTokens: number;
  completionTokens: number;
  /** The seed that gives this answer again; null where none was drawn. */
  seed: number | null;
  modelLabel: string;
}

/** What is asked, and how. */
export interface BatchContent {
  file: PromptFile;
  settings: BatchSettings;
}

export interface StoredBatch extends BatchContent {
  results: RowResult[];
}

/** Rows that one batch may have: what a tab holds and stores with ease. */
export const MAX_ROWS = 10_000;
export const MAX_FILE_BYTES = 20e6;

/** Short enough that an example run ends soon, long enough for a paragraph. */
export const DEFAULT_MAX_TOKENS = 128;

export function defaultSettings(template: string): BatchSettings {
  return { template, systemPrompt: '', sampling: { maxTokens: DEFAULT_MAX_TOKENS }, concurrency: MAX_CONCURRENCY };
}

/** What a comparison has found (`comparison.ts`). */
export interface Comparison {
  prompts: number;
  /** Tokens of all answers per second, each way. */
  singly: number;
  sideBySide: number;
  /** `sideBySide` over `singly`: of all rounds together, and of the slowest and the fastest. */
  ratio: number;
  lowestRatio: number;
  highestRatio: number;
  /** Word for word, in every round. */
  sameAnswers: boolean;
}

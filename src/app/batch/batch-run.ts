/**
 * One run of a batch: the rows that wait are asked, several at once, until all have ended, the run is paused, or something stands
 * in the way of all of them. What is one row's own fault (a prompt too long, or empty) is that row's result, and the others go on.
 */
import { HearthError, isAbort, toHearthError } from '../../client';
import { askingOf } from './asking';
import type { RowAnswerer } from './row-answerer';
import { runQueue, type RunQueue } from './run-queue';
import { createSpeedometer, type RunSpeed } from './speed';
import { strings } from './strings';
import type { BatchContent, RowResult } from './types';

/** An answer that is being written. */
export interface LiveAnswer {
  text: string;
  tokens: number;
}

/** What has changed since the frame before. */
export interface RunFrame {
  /** The rows in flight. */
  live: ReadonlyMap<number, LiveAnswer>;
  ended: readonly RowResult[];
  speed: RunSpeed | null;
}

/** What a run has done, without its pauses. */
export interface RunTotal {
  rows: number;
  tokens: number;
  seconds: number;
}

export interface RunParts {
  model: RowAnswerer;
  batch: BatchContent;
  /** Rows that have ended before. */
  done: ReadonlySet<number>;
  /** Cuts off the rows in flight; they have no result. */
  signal: AbortSignal;
  nextFrame: (callback: () => void) => void;
  /** At most once a frame, and once more at the end. */
  onFrame: (frame: RunFrame) => void;
  /** A row has ended; at once, to be stored. */
  onResult: (result: RowResult) => void;
}

export interface BatchRun extends Pick<RunQueue, 'pause' | 'setConcurrency'> {
  /** Rejects with what stood in the way of all rows; those in flight then have no result. */
  ended: Promise<RunTotal>;
}

/** Errors that are one row's own. */
const ROW_ERRORS: readonly HearthError['code'][] = ['context-overflow', 'bad-request'];
/** Figures that change faster cannot be read. */
const SPEED_INTERVAL_MS = 500;

/** @throws HearthError `bad-request` when the template asks for a column that is not there */
export function startRun({ model, batch, done, signal, nextFrame, onFrame, onResult }: RunParts): BatchRun {
  const { rowCount, promptOf, messagesOf, options } = askingOf(batch, model);
  const waiting = Array.from({ length: rowCount }, (_, row) => row).filter((row) => !done.has(row));
  const speedometer = createSpeedometer();
  const live = new Map<number, LiveAnswer>();
  let ended: RowResult[] = [];
  let endedRows = 0;
  let speed: RunSpeed | null = null;
  let speedAtMs = performance.now();
  let frameAsked = false;

  function draw(): void {
    frameAsked = false;
    const atMs = performance.now();
    if (atMs - speedAtMs >= SPEED_INTERVAL_MS) {
      speedAtMs = atMs;
      speed = speedometer.read(endedRows, waiting.length - endedRows);
    }
    onFrame({ live: new Map(live), ended, speed });
    ended = [];
  }

  function drawSoon(): void {
    if (frameAsked) return;
    frameAsked = true;
    nextFrame(() => frameAsked && draw());
  }

  function finish(result: RowResult): void {
    endedRows++;
    ended.push(result);
    onResult(result);
    drawSoon();
  }

  async function answer(row: number, cutOff: AbortSignal): Promise<void> {
    const result = { row, answer: '', promptTokens: 0, completionTokens: 0, seed: null, modelLabel: model.label };
    const prompt = promptOf(row);
    if (prompt.trim() === '') return finish({ ...result, finishReason: 'failed', error: strings.emptyPrompt });
    live.set(row, { text: '', tokens: 0 });
    drawSoon();
    try {
      finish({ ...result, ...(await write(row, messagesOf(prompt), cutOff)) });
    } catch (thrown) {
      const error = toHearthError(thrown);
      if (isAbort(error) && cutOff.aborted) return;
      if (!ROW_ERRORS.includes(error.code)) throw error;
      finish({ ...result, finishReason: 'failed', error: `${error.message} ${error.hint}` });
    } finally {
      live.delete(row);
      drawSoon();
    }
  }

  /** Follows one answer to its end. */
  async function write(row: number, messages: ReturnType<typeof messagesOf>, cutOff: AbortSignal) {
    let text = '';
    let tokens = 0;
    for await (const chunk of model.chat(messages, { ...options, priority: 'background', signal: cutOff })) {
      const { stats, finishReason, seed } = chunk;
      text += chunk.text;
      speedometer.addTokens(Math.max(0, stats.completionTokens - tokens));
      tokens = stats.completionTokens;
      if (finishReason === 'stop' || finishReason === 'length')
        return { answer: text, finishReason, promptTokens: stats.promptTokens, completionTokens: tokens, seed };
      if (finishReason === 'aborted') break;
      live.set(row, { text, tokens });
      drawSoon();
    }
    // By this run, or by somebody who has unloaded the model.
    throw new HearthError('aborted', strings.modelLeft({ model: model.label }), { hint: strings.modelLeftHint });
  }

  const queue = runQueue(waiting, batch.settings.concurrency, answer);
  signal.addEventListener('abort', queue.stop);
  if (signal.aborted) queue.stop();
  return {
    pause: queue.pause,
    setConcurrency: queue.setConcurrency,
    ended: queue.ended
      .finally(() => {
        signal.removeEventListener('abort', queue.stop);
        draw();
      })
      .then(() => ({ rows: endedRows, ...speedometer.total() })),
  };
}

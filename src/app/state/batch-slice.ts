/**
 * The batch of this machine: prompts from a file, answered several at once. What is done shows at once and is stored behind it:
 * a finished row at the moment it has finished, settings at most a second later. Rows that were cut off, by a person, a reload or
 * a device that went away, simply wait again. How it is read, asked, run and stored is `batch/`.
 */
import { toHearthError, type HearthError, type LocalModel } from '../../client';
import { BatchStore } from '../batch/batch-store';
import type { BatchRun, LiveAnswer, RunTotal } from '../batch/batch-run';
import type { RowAnswerer } from '../batch/row-answerer';
import type { RunSpeed } from '../batch/speed';
import { batchTabsHere, type BatchTabs } from '../batch/tabs';
import { defaultSettings } from '../batch/types';
import type { BatchContent, BatchSettings, Comparison, PromptFile, RowResult, StoredBatch } from '../batch/types';
import { createSaver } from '../chats/saver';
import { orStopped } from './or-stopped';
import type { AppServices, Slice } from './store';

/** `starting`: the model is on its way; `pausing`: the rows in flight are being finished. */
export type BatchPhase = 'idle' | 'starting' | 'running' | 'pausing' | 'measuring';

export interface BatchSlice {
  /** Null while there are no prompts. */
  batch: BatchContent | null;
  /** What was stored has been read. */
  batchOpened: boolean;
  batchPhase: BatchPhase;
  batchResults: ReadonlyMap<number, RowResult>;
  /** The rows in flight; changes at most once a frame. */
  batchLive: ReadonlyMap<number, LiveAnswer>;
  batchSpeed: RunSpeed | null;
  lastRun: RunTotal | null;
  /** What has stopped the run, or kept it from beginning; until the next try. */
  batchProblem: HearthError | null;
  /** Another tab is running the batch; here it can only be watched. */
  batchElsewhere: boolean;
  /** The browser stores nothing: what is answered now ends with the tab. */
  batchUnstored: boolean;
  comparison: Comparison | null;
  /** Which of its steps a comparison is at, from 1. */
  comparisonStep: { step: number; steps: number } | null;

  /** Reads what is stored; the first call only. */
  openBatch(): Promise<void>;
  /**
   * New prompts, in the place of those that are there and their answers.
   * @param template the present one if absent, where it fits; else the column that holds text
   */
  takePrompts(file: PromptFile, template?: string): Promise<void>;
  /** Whether the first line of the file has the names of its columns. Not while there are answers. */
  setBatchHeader(hasHeader: boolean): Promise<void>;
  /** Template, system prompt and sampling only while there are no answers: all rows are asked the same. */
  changeBatch(changes: Partial<BatchSettings>): void;
  /** Answers the rows that wait. */
  runBatch(): Promise<void>;
  /** Begins no further row; those in flight are finished. */
  pauseBatch(): void;
  /** Cuts off what is under way, a comparison too. Rows in flight wait again. */
  stopBatch(): void;
  /** Lets the failed rows wait again, and runs. */
  retryFailedRows(): Promise<void>;
  /** Lets all rows wait again. */
  discardAnswers(): void;
  removeBatch(): void;
  /** Measures the first rows one at a time and side by side. */
  compareBatch(): Promise<void>;

  /** The batch as it is stored. */
  batchToKeep(): Promise<StoredBatch | null>;
  /** Takes over a batch of a backup, unless there is one here. */
  restoreBatch(batch: StoredBatch): Promise<void>;
  /** Stops, and empties the screen of what is deleted everywhere; resolves when nothing more is written. */
  forgetBatch(): Promise<void>;
}

/** What the slice needs from outside. */
export interface BatchServices {
  store: Pick<BatchStore, keyof BatchStore>;
  tabs: BatchTabs;
}

/** Errors after which the model must be loaded again. */
const MODEL_ERRORS: readonly HearthError['code'][] = ['device-lost', 'internal'];

const NOTHING = {
  batch: null,
  batchResults: new Map<number, RowResult>(),
  batchLive: new Map<number, LiveAnswer>(),
  batchSpeed: null,
  lastRun: null,
  batchProblem: null,
  comparison: null,
  comparisonStep: null,
} as const;

export function createBatchSlice({ client, nextFrame, batch: given }: AppServices): Slice<BatchSlice> {
  let services: BatchServices | null = given ?? null;
  /** Made at the first use: most visits have no batch. */
  const here = () => (services ??= { store: new BatchStore(), tabs: batchTabsHere() });
  let opening: Promise<void> | null = null;
  /** What is under way, and what stops it. */
  let working: Promise<unknown> = Promise.resolve();
  let stopper = new AbortController();
  let run: BatchRun | null = null;
  const writes = new Set<Promise<unknown>>();

  return (set, get) => {
    /** Lets a write happen behind what is shown. */
    function keep(write: Promise<void>): Promise<void> {
      const kept = write
        .then(
          () => here().tabs.tell(),
          () => set({ batchUnstored: true }),
        )
        .finally(() => writes.delete(kept));
      writes.add(kept);
      return kept;
    }

    const settingsSaver = createSaver(async () => {
      const { batch } = get();
      if (batch) await keep(here().store.putSettings(batch.settings));
    });

    function show(stored: StoredBatch | null): void {
      if (!stored) return set(NOTHING);
      const { file, settings, results } = stored;
      set({ batch: { file, settings }, batchResults: new Map(results.map((result) => [result.row, result])) });
    }

    async function readStored(): Promise<void> {
      try {
        const stored = await here().store.read();
        if (get().batchPhase === 'idle' && !settingsSaver.isDirty()) show(stored);
      } catch {
        set({ batchUnstored: true });
      }
    }

    /** What other tabs store is read at most once a second. */
    const reader = createSaver(readStored);

    /** Another tab has stored something, or begun to run. */
    async function follow(): Promise<void> {
      if (get().batchPhase !== 'idle') return; // it is this tab that runs
      reader.touch();
      if (get().batchElsewhere || !(await here().tabs.isBusyElsewhere())) return;
      set({ batchElsewhere: true });
      await here().tabs.whenFree();
      await readStored();
      set({ batchElsewhere: false });
    }

    /** Puts a whole batch, or none, in the place of the one that is there. */
    function replace(stored: StoredBatch | null): Promise<void> {
      set(NOTHING);
      show(stored);
      return keep(here().store.replace(stored));
    }

    const isAtRest = () => get().batchPhase === 'idle' && !get().batchElsewhere;
    const isUnanswered = () => isAtRest() && get().batchResults.size === 0;

    /** A server's model where the person has chosen one, else this device's. */
    async function needAnswerer(): Promise<RowAnswerer> {
      const remote = get().batch?.settings.remote;
      return remote ? (await import('../batch/row-answerer')).answererAt(client, remote) : get().needModel();
    }

    /** Does what only one tab may do at a time, when the model has come. */
    async function alone<Model extends RowAnswerer>(
      phase: 'running' | 'measuring',
      need: () => Promise<Model>,
      work: (model: Model, batch: BatchContent, signal: AbortSignal) => Promise<void>,
    ): Promise<void> {
      if (!get().batch || !isAtRest()) return;
      stopper = new AbortController();
      const { signal } = stopper;
      const isRemote = () => phase === 'running' && Boolean(get().batch?.settings.remote);
      set({ batchPhase: 'starting', batchProblem: null });
      const isAlone = await here().tabs.runAlone(async () => {
        try {
          await settingsSaver.flush();
          const model = await orStopped(need(), signal);
          const { batch } = get();
          if (!model || !batch) return;
          set({ batchPhase: phase });
          const hold = isRemote() ? null : await client.engine.hold('batch');
          await work(model, batch, signal).finally(hold?.release);
        } catch (thrown) {
          const batchProblem = toHearthError(thrown);
          if (MODEL_ERRORS.includes(batchProblem.code) && !isRemote()) get().forgetModel();
          if (!signal.aborted) set({ batchProblem });
        }
        await Promise.allSettled(writes);
      });
      set({ batchPhase: 'idle' });
      if (!isAlone) await follow();
    }

    function begin(begun: Promise<void>): Promise<void> {
      working = begun;
      return begun;
    }

    async function answerRows(model: RowAnswerer, batch: BatchContent, signal: AbortSignal): Promise<void> {
      const { startRun } = await import('../batch/batch-run');
      const isHere = () => get().batch !== null; // not deleted meanwhile
      run = startRun({
        model,
        batch,
        signal,
        nextFrame,
        done: new Set(get().batchResults.keys()),
        onResult: (result) => {
          if (isHere()) void keep(here().store.putResult(result));
        },
        onFrame: ({ live, ended, speed }) => {
          if (!isHere()) return;
          set(({ batchResults }) => ({
            batchLive: live,
            batchSpeed: speed,
            batchResults:
              ended.length === 0
                ? batchResults
                : new Map([...batchResults, ...ended.map((result) => [result.row, result] as const)]),
          }));
        },
      });
      run.setConcurrency(get().batch?.settings.concurrency ?? batch.settings.concurrency); // changed meanwhile
      try {
        const lastRun = await run.ended;
        if (isHere()) set({ lastRun });
      } finally {
        run = null;
        set({ batchSpeed: null });
      }
    }

    async function measure(model: LocalModel, batch: BatchContent, signal: AbortSignal): Promise<void> {
      const { compareWays } = await import('../batch/comparison');
      const isAnswering = get().answerPhase !== 'idle';
      try {
        const onStep = (step: number, steps: number) => set({ comparisonStep: { step, steps } });
        set({ comparison: await compareWays({ model, batch, signal, isAnswering, onStep }) });
      } finally {
        set({ comparisonStep: null });
      }
    }

    return {
      ...NOTHING,
      batchOpened: false,
      batchPhase: 'idle',
      batchElsewhere: false,
      batchUnstored: false,

      openBatch() {
        opening ??= (async () => {
          here().tabs.onTold(() => void follow());
          await readStored();
          set({ batchOpened: true });
          if (await here().tabs.isBusyElsewhere()) void follow();
        })();
        return opening;
      },

      async takePrompts(file, template) {
        const { tableOf, templateFor } = await import('../batch/prompt-table');
        if (!isAtRest()) return;
        // Other prompts go nowhere that was chosen for these.
        const { remote: _, ...settings } = get().batch?.settings ?? defaultSettings('');
        const fitting = templateFor(tableOf(file), template ?? settings.template);
        void replace({ file, settings: { ...settings, template: fitting }, results: [] });
      },

      async setBatchHeader(hasHeader) {
        const { batch, takePrompts } = get();
        if (batch && isUnanswered()) await takePrompts({ ...batch.file, hasHeader });
      },

      changeBatch({ concurrency, ...asked }) {
        const { batch } = get();
        if (!batch || get().batchElsewhere) return;
        const changes = { ...(isUnanswered() && asked), ...(concurrency !== undefined && { concurrency }) };
        set({ batch: { ...batch, settings: { ...batch.settings, ...changes } } });
        if (concurrency !== undefined) run?.setConcurrency(concurrency);
        settingsSaver.touch();
      },

      runBatch: () => begin(alone('running', needAnswerer, answerRows)),

      pauseBatch() {
        if (get().batchPhase === 'starting') return get().stopBatch();
        if (get().batchPhase !== 'running') return;
        set({ batchPhase: 'pausing' });
        run?.pause();
      },

      stopBatch: () => stopper.abort(),

      async retryFailedRows() {
        if (!isAtRest()) return;
        const results = [...get().batchResults.values()];
        const failed = results.filter(({ finishReason }) => finishReason === 'failed').map(({ row }) => row);
        const left = results.filter(({ finishReason }) => finishReason !== 'failed');
        set({ batchResults: new Map(left.map((result) => [result.row, result])) });
        await keep(here().store.deleteResults(failed));
        await get().runBatch();
      },

      discardAnswers() {
        const { batch } = get();
        if (batch && isAtRest()) void replace({ ...batch, results: [] });
      },

      removeBatch() {
        if (isAtRest()) void replace(null);
      },

      compareBatch: () => begin(alone('measuring', get().needModel, measure)),

      async batchToKeep() {
        await get().openBatch();
        const { batch, batchResults } = get();
        if (!batch) return null;
        const { remote: _, ...settings } = batch.settings;
        return { file: batch.file, settings, results: [...batchResults.values()].sort((a, b) => a.row - b.row) };
      },

      async restoreBatch(batch) {
        await get().openBatch();
        if (!get().batch && isAtRest()) await replace(batch);
      },

      async forgetBatch() {
        stopper.abort();
        set(NOTHING);
        await working;
        await Promise.allSettled(writes);
      },
    };
  };
}

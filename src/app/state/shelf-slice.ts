/**
 * The shelf of models: what is held of each, what this tab is doing to it, and what came of that. Loading is the business of
 * `model-slice.ts`, what a model would take before it is here that of `offer-slice.ts`; here models are fetched, verified,
 * renamed and deleted, and their context is chosen. Whatever another tab does to a model is read again when it is announced.
 */
import {
  isAbort,
  toHearthError,
  type DeviceReport,
  type HearthError,
  type ModelLocation,
  type ModelReport,
  type Precision,
} from '../../client';
import { readContextLengths, writeContextLengths, type ContextLengths } from '../models/context-lengths';
import type { FileSink } from '../models/file-sink';
import { addNeeds, fitOf, needOf } from '../models/fit';
import { ownName, readNames, writeNames, type ModelNames } from '../models/names';
import { isLoadedAsWanted } from '../models/row';
import { sourceOf } from './model-slice';
import { createPace, type PacedProgress } from './pace';
import type { AppServices, Slice } from './store';

/** What this tab is doing to a model besides loading it. */
export interface Transfer {
  kind: 'get' | 'verify' | 'export';
  progress: PacedProgress | null;
}

/** What came of the last thing done to a model; shown beside it until the next. */
export type ModelNote =
  | { kind: 'problem'; error: HearthError }
  | { kind: 'warning'; text: string }
  | { kind: 'sound'; bytes: number }
  | { kind: 'damaged'; shards: number; damaged: number };

/** The latest thing that has come to its end, for those who do not see it. */
export interface ShelfNews {
  kind:
    | 'here'
    | 'paused'
    | 'discarded'
    | 'renamed'
    | 'loaded'
    | 'unloaded'
    | 'deleted'
    | 'sound'
    | 'damaged'
    | 'mended'
    | 'exported'
    | 'failed';
  modelId: string;
}

/** What is to be fetched: from where, where that is not known, and how it is to be stored, where that is not as before. */
export interface Wish {
  source?: string | ModelLocation;
  precision?: Precision | null;
}

export interface ShelfSlice {
  /** The catalogue's models first, then what else is held; null until they are read. */
  modelReports: readonly ModelReport[] | null;
  /** What models run on; null until it is known. */
  device: DeviceReport | null;
  /** Why the shelf could not be read. */
  shelfProblem: HearthError | null;
  transfers: ReadonlyMap<string, Transfer>;
  modelNotes: ReadonlyMap<string, ModelNote>;
  shelfNews: ShelfNews | null;
  /** What a person has chosen, in tokens; for models without a choice the engine's own. */
  contextLengths: ContextLengths;
  /** What a person has renamed. */
  modelNames: ModelNames;

  /** Reads the shelf, and from then on whenever something has changed. */
  openShelf(): Promise<void>;
  /** Downloads a model, from where an earlier download has ended. */
  getModel(modelId: string, wish?: Wish): Promise<void>;
  /** Ends what this tab is doing to a model; what is stored stays. */
  pauseModel(modelId: string): void;
  /** Ends a download and deletes what it has stored; a model that is whole stays. */
  discardModel(modelId: string): Promise<void>;
  /** Loads a model and writes with it from now on. */
  useModel(modelId: string): Promise<void>;
  /** Unloads a model at a person's wish. */
  putAway(modelId: string): Promise<void>;
  deleteModel(modelId: string): Promise<void>;
  /** Reads every stored byte of a model against its checksums. */
  verifyModel(modelId: string): Promise<void>;
  /** Gives a model as one file. @param openSink asked at once, while the person's click counts */
  exportModel(modelId: string, openSink: () => Promise<FileSink>): Promise<void>;
  /** A name that is empty, or the model's own, takes the new one away. */
  renameModel(modelId: string, name: string): void;
  /** Makes what a check has found damaged anew from where the model came from. */
  repairModel(modelId: string): Promise<void>;
  /** Counts from the next loading on. */
  chooseContext(modelId: string, contextLength: number): void;
  /** The models in memory that must go before this one is loaded: none where all fit. */
  modelsLeavingFor(modelId: string): string[];
}

/** A tab that is closed announces nothing: what another tab fetches is looked at again after this long. */
const ELSEWHERE_MS = 3000;

export function createShelfSlice({ client, chats }: AppServices): Slice<ShelfSlice> {
  const { settings: storage } = chats.places;
  /** What is being done to each model; `ended` when its outcome is shown. */
  const running = new Map<string, { controller: AbortController; ended: Promise<void> }>();
  let watching = false;
  let doubt: ReturnType<typeof setTimeout> | undefined;

  return (set, get) => {
    async function refresh(): Promise<void> {
      clearTimeout(doubt);
      try {
        const modelReports = await client.modelReports();
        set({ modelReports, shelfProblem: null });
        const isElsewhere = modelReports.some(({ modelId, fetching }) => fetching && !running.has(modelId));
        if (isElsewhere) doubt = setTimeout(() => void refresh(), ELSEWHERE_MS);
      } catch (error) {
        set({ shelfProblem: toHearthError(error) });
      }
      await get().measureStorage();
    }

    const setTransfer = (modelId: string, transfer: Transfer | null) =>
      set(({ transfers }) => ({ transfers: changed(transfers, modelId, transfer) }));
    const setNote = (modelId: string, note: ModelNote | null) =>
      set(({ modelNotes }) => ({ modelNotes: changed(modelNotes, modelId, note) }));

    /** Does one thing to a model at a time. @param action gives what came of it */
    async function transfer(modelId: string, kind: Transfer['kind'], action: TransferAction): Promise<void> {
      if (running.has(modelId)) return;
      const controller = new AbortController();
      const ended = carryOut(modelId, kind, action, controller);
      running.set(modelId, { controller, ended });
      await ended;
    }

    async function carryOut(
      modelId: string,
      kind: Transfer['kind'],
      action: TransferAction,
      controller: AbortController,
    ): Promise<void> {
      const { signal } = controller;
      const pace = createPace();
      setNote(modelId, null);
      setTransfer(modelId, { kind, progress: null });
      const onProgress: TransferOptions['onProgress'] = (progress) => {
        if (running.get(modelId)?.controller === controller) setTransfer(modelId, { kind, progress: pace(progress) });
      };
      let outcome: Outcome;
      try {
        outcome = await action({ signal, onProgress });
      } catch (error) {
        outcome = isAbort(error)
          ? { news: 'paused', note: null }
          : { news: 'failed', note: { kind: 'problem', error: toHearthError(error) } };
      }
      running.delete(modelId);
      await refresh(); // the row goes from one state to the next, not through a third
      setTransfer(modelId, null);
      setNote(modelId, outcome.note);
      set({ shelfNews: { kind: outcome.news, modelId } });
    }

    return {
      modelReports: null,
      device: null,
      shelfProblem: null,
      transfers: new Map(),
      modelNotes: new Map(),
      shelfNews: null,
      contextLengths: readContextLengths(storage),
      modelNames: readNames(storage),

      async openShelf() {
        if (!watching) client.onModelsChange(() => void refresh());
        watching = true;
        const device = client.capabilities().then(
          (capabilities) => set({ device: capabilities.device }),
          () => {}, // the list below tells of the same trouble
        );
        await Promise.all([device, refresh()]);
      },

      getModel: (modelId, { source = sourceOf(get(), modelId), precision } = {}) =>
        transfer(modelId, 'get', async (options) => {
          const { warning } = await client.fetchModel(source, { ...options, precision });
          return { news: 'here', note: warning === null ? null : { kind: 'warning', text: warning } };
        }),

      pauseModel(modelId) {
        running.get(modelId)?.controller.abort();
        const { modelId: selected, modelState, cancelLoad } = get();
        if (selected !== modelId || modelState.kind !== 'loading') return;
        cancelLoad();
        set({ shelfNews: { kind: 'paused', modelId } });
        void refresh();
      },

      async discardModel(modelId) {
        const ended = running.get(modelId)?.ended;
        get().pauseModel(modelId);
        await ended;
        try {
          await client.cancelModel(modelId);
          setNote(modelId, null);
          set({ shelfNews: { kind: 'discarded', modelId } });
        } catch (error) {
          setNote(modelId, { kind: 'problem', error: toHearthError(error) });
          set({ shelfNews: { kind: 'failed', modelId } });
        }
        await refresh();
      },

      async useModel(modelId) {
        setNote(modelId, null);
        const { modelId: selected, loadedModels, selectModel, unloadModel } = get();
        const loaded = loadedModels.get(modelId);
        if (loaded && !isLoadedAsWanted(get(), loaded)) await unloadModel(modelId);
        if (selected !== modelId) selectModel(modelId);
        try {
          await get().needModel();
          set({ shelfNews: { kind: 'loaded', modelId } });
        } catch (error) {
          if (isAbort(error)) return; // by a person, who knows
          setNote(modelId, { kind: 'problem', error: toHearthError(error) });
          set({ shelfNews: { kind: 'failed', modelId } });
        } finally {
          await refresh();
        }
      },

      async putAway(modelId) {
        await get().unloadModel(modelId);
        set({ shelfNews: { kind: 'unloaded', modelId } });
      },

      async deleteModel(modelId) {
        get().pauseModel(modelId);
        await get().unloadModel(modelId);
        setNote(modelId, null);
        try {
          await client.removeModel(modelId);
          set({ shelfNews: { kind: 'deleted', modelId } });
        } catch (error) {
          setNote(modelId, { kind: 'problem', error: toHearthError(error) });
          set({ shelfNews: { kind: 'failed', modelId } });
        }
        await refresh();
      },

      verifyModel: (modelId) =>
        transfer(modelId, 'verify', async (options) => {
          const { shards, bytes, damaged } = await client.verifyModel(modelId, options);
          return damaged.length === 0
            ? { news: 'sound', note: { kind: 'sound', bytes } }
            : { news: 'damaged', note: { kind: 'damaged', shards, damaged: damaged.length } };
        }),

      exportModel: (modelId, openSink) =>
        transfer(modelId, 'export', async (options) => {
          const sink = await openSink();
          try {
            await client.exportModel(modelId, (bytes) => sink.write(bytes), options);
            await sink.close();
          } catch (error) {
            await sink.abort().catch(() => {}); // it may be closed already
            throw error;
          }
          return { news: 'exported', note: null };
        }),

      renameModel(modelId, name) {
        const { [modelId]: _, ...others } = storage ? readNames(storage) : get().modelNames; // other tabs' stay
        const given = name.trim();
        const modelNames = given === '' || given === ownName(modelId) ? others : { ...others, [modelId]: given };
        writeNames(storage, modelNames);
        set({ modelNames, shelfNews: { kind: 'renamed', modelId } });
      },
      repairModel: (modelId) =>
        transfer(modelId, 'get', async (options) => {
          const { bytes } = await client.repairModel(modelId, options);
          return { news: 'mended', note: { kind: 'sound', bytes } };
        }),

      chooseContext(modelId, contextLength) {
        // What another tab has chosen for other models meanwhile stays.
        const chosen = storage ? readContextLengths(storage) : get().contextLengths;
        const contextLengths = { ...chosen, [modelId]: contextLength };
        writeContextLengths(storage, contextLengths);
        set({ contextLengths });
      },

      modelsLeavingFor(modelId) {
        const { loadedModels, modelReports, contextLengths, device } = get();
        const others = [...loadedModels].filter(([id]) => id !== modelId);
        const lengths = [
          [modelId, contextLengths[modelId]] as const,
          ...others.map(([id, model]) => [id, model.contextLength] as const),
        ];
        const needs = lengths.flatMap(([id, length]) => {
          const report = modelReports?.find((one) => one.modelId === id);
          const need = report && needOf(report, length ?? report.defaultContextLength);
          return need ? [need] : [];
        });
        const isKnown = device !== null && needs.length === lengths.length;
        if (isKnown && fitOf(addNeeds(needs), device).verdict === 'fits') return [];
        return others.map(([id]) => id);
      },
    };
  };
}

interface Outcome {
  news: ShelfNews['kind'];
  note: ModelNote | null;
}

type TransferAction = (options: TransferOptions) => Promise<Outcome>;

interface TransferOptions {
  signal: AbortSignal;
  onProgress: (progress: Parameters<ReturnType<typeof createPace>>[0]) => void;
}

function changed<Value>(map: ReadonlyMap<string, Value>, key: string, value: Value | null): ReadonlyMap<string, Value> {
  const copy = new Map(map);
  if (value === null) copy.delete(key);
  else copy.set(key, value);
  return copy;
}

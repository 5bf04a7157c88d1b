/**
 * Which model is selected and how far it has come. A bundled or stored model loads by itself; any other waits for a click,
 * because its download is the person's to decide. Another model may stay in memory beside the selected one where both fit.
 */
import { defaultModelId, findModel } from '../../catalog/catalog';
import { HearthError, isAbort, toHearthError, type LocalModel, type ModelLocation } from '../../client';
import { throwIfAborted } from '../../lib/errors';
import { readChosenModel, writeChosenModel } from '../models/chosen-model';
import { wantedDraft } from '../models/draft';
import { needsEngine } from './engine-slice';
import { createPace, type PacedProgress } from './pace';
import type { ShelfSlice } from './shelf-slice';
import type { AppServices, Slice, StartOptions } from './store';

export type ModelState =
  | { kind: 'absent' } // nothing is under way
  | { kind: 'loading'; progress: PacedProgress | null }
  | { kind: 'ready'; model: LocalModel };

export interface ModelSlice {
  modelId: string;
  modelState: ModelState;
  /** All models in memory, the selected one among them. */
  loadedModels: ReadonlyMap<string, LocalModel>;
  /** What stands in the way, of the model or of an answer; shown as an alert until the next try. */
  problem: HearthError | null;
  /** The host that the selected model would come from, where that is another site and nobody has chosen it; else null. */
  hostToAllow(): string | null;
  /** Lets that host be asked from now on, and loads the model. */
  allowHost(): Promise<void>;
  /** Takes back that a host may be asked, and forgets its token. @throws HearthError `internal` where nothing may be stored. */
  withdrawHost(origin: string): Promise<void>;
  /** Called once, when the page opens: loads the model if nothing needs to be downloaded for it but what is bundled. */
  begin(): Promise<void>;
  /** The model, loading it if need be; a load under way is shared. Rejects with a HearthError, also kept as `problem`. */
  needModel(): Promise<LocalModel>;
  cancelLoad(): void;
  /**
   * Drops all models, whose thread or device has gone, so that the next use loads again.
   * @param reason what a load under way rejects with; that it was stopped if absent
   */
  forgetModel(reason?: HearthError): void;
  /** Gives a model's memory back; running answers end, and the next use loads it again. */
  unloadModel(modelId: string): Promise<void>;
  /** Chooses a model, for later visits too. What is in memory stays there until its room is needed. */
  selectModel(modelId: string): void;
  /** Deletes the stored weights of the selected model and loads it from its source. */
  downloadAgain(): Promise<void>;
  /** Mends what is damaged of the selected model, by fetching it anew where it cannot be mended but be had, and loads it. */
  repairSelected(): Promise<void>;
}

export function createModelSlice({ client, chats }: AppServices, start: StartOptions): Slice<ModelSlice> {
  const { settings: storage } = chats.places;
  /** Hosts that the person has allowed in this tab. */
  let allowed: string[] = [];
  let loading: { promise: Promise<LocalModel>; controller: AbortController } | null = null;

  return (set, get) => {
    async function load(modelId: string, signal: AbortSignal): Promise<LocalModel> {
      const pace = createPace();
      set({ modelState: { kind: 'loading', progress: null }, problem: null });
      try {
        const options = {
          signal,
          onProgress: (progress: Parameters<typeof pace>[0]) => {
            if (!signal.aborted) set({ modelState: { kind: 'loading', progress: pace(progress) } });
          },
        };
        const source = sourceOf(get(), modelId);
        // What the address or an earlier visit has named is no choice of this person's.
        const origins = findModel(modelId) ? undefined : allowed;
        const leaving = get().modelsLeavingFor(modelId);
        // What has to make room stays until the new one is on this machine.
        if (leaving.length > 0) await client.fetchModel(source, { ...options, origins });
        await Promise.all(leaving.map(get().unloadModel));
        const draftId = wantedDraft(get(), modelId);
        const draft = draftId === null ? null : sourceOf(get(), draftId);
        const chosen = { contextLength: get().contextLengths[modelId], draft };
        const model = await client.loadModel(source, { ...options, ...chosen, origins });
        if (signal.aborted) {
          await model.dispose(); // it came after all, but is not wanted any more
          throwIfAborted(signal);
        }
        set(({ loadedModels }) => ({
          modelState: { kind: 'ready', model },
          loadedModels: new Map(loadedModels).set(modelId, model),
        }));
        return model;
      } catch (error) {
        if (!signal.aborted) {
          const problem = isAbort(error) ? null : toHearthError(error);
          // That another tab has the engine is said over every screen; here only to who asks for an answer.
          set({ modelState: { kind: 'absent' }, problem: needsEngine(problem) ? null : problem });
        }
        throw signal.reason instanceof HearthError ? signal.reason : error;
      }
    }

    function cancelLoad(reason?: HearthError): void {
      loading?.controller.abort(reason);
      loading = null;
      if (get().modelState.kind === 'loading') set({ modelState: { kind: 'absent' } });
    }

    return {
      modelId: start.modelId ?? readChosenModel(storage) ?? defaultModelId,
      modelState: { kind: 'absent' },
      loadedModels: new Map(),
      problem: null,

      hostToAllow() {
        const { modelId, modelReports } = get();
        const isHere = modelReports?.some((report) => report.modelId === modelId && report.state !== 'partial');
        if (findModel(modelId) || isHere) return null;
        try {
          return client.foreignOrigin(sourceOf(get(), modelId));
        } catch {
          return null; // a name that leads nowhere: loading says so
        }
      },

      async allowHost() {
        const origin = get().hostToAllow();
        if (origin !== null) {
          allowed = [...allowed, origin];
          await client.allowHost(origin).catch(() => {}); // where nothing can be kept it holds until the tab is closed
        }
        await get().needModel();
      },

      async withdrawHost(origin) {
        allowed = allowed.filter((other) => other !== origin);
        await client.forgetHost(origin);
      },

      async begin() {
        const { modelId, needModel, openShelf } = get();
        try {
          const entry = findModel(modelId);
          // Where a model came from that is not this site's own, and its draft, is written there.
          if (entry?.path === undefined) await openShelf();
          const here = entry
            ? entry.bundled || (await client.storedModels()).some((info) => info.modelId === modelId)
            : get().hostToAllow() === null;
          if (here) await needModel();
        } catch {
          // `needModel` keeps its error as the problem; a store that cannot be listed holds no model.
        }
      },

      needModel() {
        const { modelState, modelId } = get();
        if (modelState.kind === 'ready') return Promise.resolve(modelState.model);
        if (loading) return loading.promise;
        const controller = new AbortController();
        const promise = load(modelId, controller.signal).finally(() => {
          if (loading?.controller === controller) loading = null;
        });
        loading = { promise, controller };
        return promise;
      },

      cancelLoad: () => cancelLoad(),

      forgetModel(reason) {
        cancelLoad(reason);
        for (const model of get().loadedModels.values()) void model.dispose().catch(() => {}); // its thread may have gone
        set({ loadedModels: new Map(), modelState: { kind: 'absent' } });
      },

      async unloadModel(modelId) {
        const model = get().loadedModels.get(modelId);
        if (!model) return;
        const loadedModels = new Map(get().loadedModels);
        loadedModels.delete(modelId);
        set({ loadedModels, ...(get().modelId === modelId && { modelState: { kind: 'absent' } }) });
        await model.dispose().catch(() => {}); // its thread may have gone
      },

      selectModel(modelId) {
        cancelLoad();
        writeChosenModel(storage, modelId);
        const model = get().loadedModels.get(modelId);
        set({ modelId, modelState: model ? { kind: 'ready', model } : { kind: 'absent' }, problem: null });
      },

      async downloadAgain() {
        const { modelId, unloadModel } = get();
        cancelLoad();
        await unloadModel(modelId);
        await client.removeModel(modelId);
        await get().needModel();
      },

      async repairSelected() {
        const { modelId, modelReports, unloadModel, downloadAgain, needModel } = get();
        const from = modelReports?.find((report) => report.modelId === modelId)?.from ?? modelId;
        const isGiven = from.startsWith('file:'); // by hand: once it is deleted nobody can fetch it again
        cancelLoad();
        await unloadModel(modelId);
        const isMended = await client.repairModel(modelId).then(
          () => true,
          (error: unknown) => {
            if (error instanceof HearthError && error.code === 'weights-corrupt' && !isGiven) return false;
            set({ problem: toHearthError(error) });
            throw error;
          },
        );
        await (isMended ? needModel() : downloadAgain());
      },
    };
  };
}

/** How the client finds a model: by its name, or where it once came from. */
export function sourceOf({ modelReports }: Pick<ShelfSlice, 'modelReports'>, modelId: string): string | ModelLocation {
  const from = modelReports?.find((report) => report.modelId === modelId)?.from ?? null;
  return findModel(modelId) || from === null ? modelId : { id: modelId, from };
}

/** The label of the selected model, also before it is there. */
export function modelLabel({ modelId, modelState, modelNames }: ModelSlice & Pick<ShelfSlice, 'modelNames'>): string {
  if (modelNames[modelId] !== undefined) return modelNames[modelId];
  if (modelState.kind === 'ready') return modelState.model.label;
  return findModel(modelId)?.label ?? findModel(defaultModelId)?.label ?? modelId;
}

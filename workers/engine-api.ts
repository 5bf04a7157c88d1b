/**
 * The engine behind the thread contract: it finds a device at the first need, finds another one for the engine when that is
 * lost, and keeps which requests may be stopped. `engine.worker.ts` exposes it; tests hand in parts of their own.
 */
import type { Engine, Model } from '../src/engine';
import type { FoundDevice } from '../src/gpu/device';
import { HearthError, throwIfAborted, toHearthError } from '../src/lib/errors';
import { log } from '../src/lib/log';
import { releaseCallback } from '../src/protocol/callbacks';
import type { EngineApi, LoadedModel, LoadRequest } from '../src/protocol/engine-api';
import { batchEvents } from '../src/protocol/event-batcher';
import { openWeightsInMemory } from '../src/weights/load';
import type { StoredWeights } from '../src/weights/manifest';

export interface EngineApiParts {
  findDevice(): Promise<FoundDevice>;
  createEngine(device: FoundDevice['device'], renewDevice: () => Promise<FoundDevice['device']>): Engine;
  /** What the import thread has stored; null when there is nothing. */
  openStored(modelId: string): Promise<StoredWeights | null>;
}

/** The engine, the device it is on now, and what it has loaded, by model id. */
interface Session {
  found: FoundDevice;
  engine: Engine;
  loaded: Map<string, LoadedModel>;
}

export function createEngineApi({ findDevice, createEngine, openStored }: EngineApiParts): EngineApi {
  let session: Promise<Session> | null = null;
  /** What can be stopped, by request id. */
  const stoppable = new Map<string, AbortController>();
  /** Loads go one after another: two at once would want room for two models to end up with one. */
  let lastLoad: Promise<unknown> = Promise.resolve();

  function openSession(): Promise<Session> {
    session ??= (async () => {
      const found = await foundDevice();
      const renewDevice = async () => (opened.found = await foundDevice()).device;
      const opened: Session = { found, engine: createEngine(found.device, renewDevice), loaded: new Map() };
      return opened;
    })();
    session.catch(endSession);
    return session;
  }

  async function foundDevice(): Promise<FoundDevice> {
    const found = await findDevice();
    log.info('device-found', { kind: found.report.kind, adapter: found.report.adapter });
    void found.device?.lost.then(({ reason, message }) => {
      if (reason !== 'destroyed') log.error('device-lost', { reason, message });
    });
    return found;
  }

  /** When the engine has given a device up, the next load begins afresh. */
  function endSession(): void {
    session = null;
  }

  /** A device that had no room for something refuses whatever comes after, so that begins on a fresh one. */
  async function onDevice<T>(action: (opened: Session) => Promise<T>): Promise<T> {
    const opening = openSession();
    const opened = await opening;
    try {
      return await action(opened);
    } catch (error) {
      if (toHearthError(error).code === 'out-of-memory') {
        if (session === opening) endSession();
        await opened.engine.dispose();
      }
      throw error;
    }
  }

  async function loadedModel(modelId: string): Promise<Model> {
    if (session) return (await session).engine.model(modelId);
    throw new HearthError('device-lost', `The GPU device was lost, and the model "${modelId}" with it.`);
  }

  async function stoppably<T>(requestId: string, action: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    stoppable.set(requestId, controller);
    try {
      return await action(controller.signal);
    } finally {
      stoppable.delete(requestId);
    }
  }

  /** @throws HearthError `weights-corrupt`. */
  async function openWeights({ modelId, inMemory }: Pick<LoadRequest, 'modelId' | 'inMemory'>): Promise<StoredWeights> {
    const weights = inMemory ? openWeightsInMemory(inMemory) : await openStored(modelId);
    if (!weights) throw notStored(modelId);
    return weights;
  }

  return {
    device: async () => (await openSession()).found.report,

    measureReading: () => onDevice(({ engine }) => engine.measureReading()),

    tuning: async () => (await openSession()).engine.tuning(),
    setTuning: async (isOn) => (await openSession()).engine.setTuning(isOn),
    tuneAgain: async () => (await openSession()).engine.tuneAgain(),

    async engineStats() {
      return session ? (await session).engine.stats() : [];
    },

    load({ requestId, modelId, contextLength, activationFormat, inMemory, draft }, onProgress) {
      return stoppably(requestId, async (signal) => {
        const load = async ({ found, engine, loaded }: Session): Promise<LoadedModel> => {
          const present = loaded.get(modelId);
          const draftModelId = draft?.modelId ?? null;
          const isAsWanted =
            (contextLength ?? present?.contextLength) === present?.contextLength &&
            (activationFormat ?? present?.activationFormat) === present?.activationFormat &&
            (draft === undefined || present?.draftModelId === draftModelId);
          if (present && isAsWanted) return present;
          const weights = await openWeights({ modelId, inMemory });
          const draftWeights = draft ? await openWeights(draft) : null;
          loaded.delete(modelId);
          const startMs = performance.now();
          const wishes = { contextLength, activationFormat, draft: draftWeights };
          const model = await engine.loadModel(weights, { ...wishes, onProgress, signal });
          const facts = { ...describeModel(model, weights, found), draftModelId };
          loaded.set(modelId, facts);
          log.info('model-loaded', {
            modelId,
            contextLength: facts.contextLength,
            activationFormat: facts.activationFormat,
            draftModelId,
            weightBytes: facts.weightBytes,
            ms: Math.round(performance.now() - startMs),
          });
          return facts;
        };
        const loading = lastLoad.then(() => {
          throwIfAborted(signal);
          return onDevice(load);
        });
        lastLoad = loading.catch(() => {});
        return loading.finally(() => releaseCallback(onProgress));
      });
    },

    async unload(modelId) {
      if (!session) return;
      const { engine, loaded } = await session;
      loaded.delete(modelId);
      await engine.unload(modelId);
    },

    generate({ requestId, modelId, prompt, options }, onEvent) {
      return stoppably(requestId, async (signal) => {
        const model = await loadedModel(modelId);
        const batcher = batchEvents(onEvent);
        try {
          for await (const event of model.generate(prompt, options, signal)) batcher.push(event);
        } catch (error) {
          if (toHearthError(error).code === 'device-lost') endSession();
          throw error;
        } finally {
          await batcher.flush();
          releaseCallback(onEvent);
        }
      });
    },

    async abort(requestId) {
      stoppable.get(requestId)?.abort();
    },

    tokenize: async (modelId, text) =>
      (await loadedModel(modelId)).text.tokenizer.encode(text, { addSpecialTokens: false }),
    async renderChat(modelId, messages, { continueLast = false } = {}) {
      const { text } = await loadedModel(modelId);
      const rendered = text.renderChat(messages, { continueFinal: continueLast });
      const asWritten = { skipSpecialTokens: false, continuesText: true };
      return { ...rendered, tokenTexts: rendered.tokenIds.map((id) => text.tokenizer.decode([id], asWritten)) };
    },
  };
}

/** Between the import and the load somebody has emptied the store. */
function notStored(modelId: string): HearthError {
  return new HearthError(
    'weights-corrupt',
    `The weights of "${modelId}" were stored, but are no longer in this browser.`,
    {
      hint: 'Download the model again.',
    },
  );
}

function describeModel(
  model: Model,
  { manifest }: StoredWeights,
  { report }: FoundDevice,
): Omit<LoadedModel, 'draftModelId'> {
  return {
    modelId: model.modelId,
    label: model.text.label ?? model.modelId,
    contextLength: model.runner.options.contextLength,
    activationFormat: model.runner.options.activationFormat,
    vocabSize: model.runner.vocabSize,
    parameterCount: manifest.tensors.reduce((sum, { rows, width }) => sum + rows * width, 0),
    weightBytes: manifest.shards.reduce((sum, { bytes }) => sum + bytes, 0),
    device: report,
  };
}

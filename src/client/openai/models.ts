/** The models that can be asked for, and the one that is kept loaded between requests. */
import { catalog } from '../../catalog/catalog';
import type { HearthClient } from '../client';
import type { LocalModel } from '../local-model';
import { ApiError, toModelError } from './api-error';

/** What the handler needs of a client. */
export type ModelClient = Pick<HearthClient, 'loadModel' | 'fetchModel' | 'engineStats' | 'storedModels'>;

export interface ModelObject {
  id: string;
  object: 'model';
  /** Seconds since 1970 when it was stored; 0 while it is not. */
  created: number;
  owned_by: string;
  /** Not a part of OpenAI's API: what a first answer has to wait for. */
  hearth: { state: 'loaded' | 'stored' | 'available' };
}

/** Those that are loaded first, then those that are stored, then what the catalogue offers. */
export async function listModels(client: ModelClient): Promise<ModelObject[]> {
  const [loaded, stored] = await Promise.all([client.engineStats(), client.storedModels()]);
  const loadedIds = new Set(loaded.map(({ modelId }) => modelId));
  const storedSince = new Map(stored.map(({ modelId, createdAt }) => [modelId, Date.parse(createdAt) / 1000]));
  const ids = new Set([...loadedIds, ...storedSince.keys(), ...catalog.map(({ id }) => id)]);
  return Array.from(ids, (id) => ({
    id,
    object: 'model',
    created: Math.floor(storedSince.get(id) ?? 0),
    owned_by: 'hearth',
    hearth: { state: loadedIds.has(id) ? 'loaded' : storedSince.has(id) ? 'stored' : 'available' },
  }));
}

/** @throws ApiError 404 `model_not_found`. */
export async function findModelObject(client: ModelClient, id: string): Promise<ModelObject> {
  const models = await listModels(client);
  const found = models.find((model) => model.id === id);
  if (found) return found;
  throw new ApiError(`There is no model "${id}" here; expected one of ${models.map((model) => model.id).join(', ')}.`, {
    status: 404,
    param: 'model',
    code: 'model_not_found',
  });
}

/**
 * Every request has the model for itself and gives it back. The one asked for last stays loaded for the next request; when
 * another is asked for it makes room, as soon as the other is on this machine.
 */
export class ModelKeeper {
  readonly #client: ModelClient;
  #newest: string | null = null;
  #kept: LocalModel | null = null;

  constructor(client: ModelClient) {
    this.#client = client;
  }

  /** Fetches and loads it where that is necessary. @throws ApiError naming the model. */
  async take(name: string, signal: AbortSignal): Promise<LocalModel> {
    try {
      if (this.#kept !== null && this.#newest !== name) {
        await this.#client.fetchModel(name, { signal });
        await this.#keep(null);
      }
      const model = await this.#client.loadModel(name, { signal });
      this.#newest = name;
      return model;
    } catch (error) {
      throw toModelError(error);
    }
  }

  /** @param name as it was taken. */
  async giveBack(name: string, model: LocalModel): Promise<void> {
    if (name === this.#newest) await this.#keep(model);
    else await dispose(model);
  }

  async #keep(model: LocalModel | null): Promise<void> {
    const before = this.#kept;
    this.#kept = model;
    if (before) await dispose(before);
  }
}

/** A thread that has died has let go of everything already. */
async function dispose(model: LocalModel): Promise<void> {
  await model.dispose().catch(() => {});
}

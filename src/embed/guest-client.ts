/**
 * The client as one site may use it: models of the catalogue alone, those that the person has allowed, no longer a context than
 * is allowed, and every token counted.
 */
import { findModel } from '../catalog/catalog';
import type { AnswerChunk, Answer } from '../client/answer';
import type { LoadOptions } from '../client/client';
import type { LocalModel } from '../client/local-model';
import type { ModelClient } from '../client/openai/models';
import { HearthError } from '../lib/errors';
import type { EmbedLimits } from '../protocol/embed-api';
import type { Allowance } from './limits';

export interface Guest {
  client: ModelClient;
  /** Lets go of every model that was loaded for the site, also of those that are still on their way. */
  close(): void;
}

export interface GuestParts {
  client: ModelClient;
  limits: EmbedLimits;
  /** Tokens that may be computed. */
  tokens: Allowance;
  /** Resolves when the person has allowed this model. @throws HearthError `refused`. */
  permit(modelId: string, signal?: AbortSignal): Promise<void>;
}

/** @throws (the client's methods) HearthError `refused`; `bad-request` for a model that is not in the catalogue or too long a context. */
export function createGuestClient({ client, limits, tokens, permit }: GuestParts): Guest {
  /** As long as the host has asked for; requests of the OpenAI wire do not say. */
  const contextLengths = new Map<string, number>();
  const open = new Set<LocalModel>();
  let isClosed = false;

  async function admit(model: unknown, signal: AbortSignal | undefined): Promise<string> {
    const entry = typeof model === 'string' ? findModel(model) : undefined;
    if (!entry) {
      throw new HearthError('bad-request', `"${String(model)}" is no model of this Hearth's catalogue.`, {
        hint: 'In a frame of another site only models of the catalogue run. Name one by its id, e.g. "tales".',
      });
    }
    await permit(entry.id, signal);
    return entry.id;
  }

  const guest: ModelClient = {
    async loadModel(name, { signal, onProgress, contextLength }: LoadOptions = {}) {
      const id = await admit(name, signal);
      if (contextLength !== undefined) {
        assertContextFits(contextLength, limits);
        contextLengths.set(id, contextLength);
      }
      const model = await client.loadModel(id, { signal, onProgress, contextLength: contextLengths.get(id) });
      open.add(model);
      if (isClosed) release();
      return metered(model, tokens, () => open.delete(model));
    },
    async fetchModel(name, { signal, onProgress } = {}) {
      return client.fetchModel(await admit(name, signal), { signal, onProgress });
    },
    engineStats: async () => (await client.engineStats()).filter(({ modelId }) => findModel(modelId)),
    storedModels: async () => (await client.storedModels()).filter(({ modelId }) => findModel(modelId)),
  };

  function release(): void {
    for (const model of open) model.dispose().catch(() => {}); // a thread that has died has let go of everything
    open.clear();
  }

  return {
    client: guest,
    close() {
      isClosed = true;
      release();
    },
  };
}

function assertContextFits(contextLength: number, limits: EmbedLimits): void {
  if (contextLength <= limits.contextLength) return;
  throw new HearthError(
    'bad-request',
    `A context of ${contextLength} tokens is asked for; a frame may have at most ${limits.contextLength}.`,
  );
}

/** The same model, whose answers are counted while they are read. */
function metered(model: LocalModel, tokens: Allowance, onDispose: () => void): LocalModel {
  return {
    ...model,
    async dispose() {
      onDispose();
      await model.dispose();
    },
    chat: (messages, options) => countTokens(model.chat(messages, options), tokens),
    complete: (prompt, options) => countTokens(model.complete(prompt, options), tokens),
  };
}

/** What was in the cache already has cost nothing. */
const computed = ({ stats }: AnswerChunk) => stats.promptTokens - stats.cachedTokens + stats.completionTokens;

function countTokens(answer: Answer, tokens: Allowance): Answer {
  let counted = 0;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const result = await answer.next();
      if (!result.done) {
        tokens.spend(computed(result.value) - counted);
        counted = computed(result.value);
      }
      return result;
    },
    return: async () => (await answer.return?.()) ?? { done: true, value: undefined },
  };
}

/**
 * Models on servers elsewhere (vLLM, llama.cpp, Ollama, LM Studio and others that speak OpenAI's API), behind the same
 * answers as those of this machine. Only the network thread reaches them, and only those a person has entered.
 */
import { throwIfAborted } from '../../lib/errors';
import type { ChatMessage } from '../../protocol/generation';
import type { NetworkApi } from '../../protocol/network-api';
import type { RemoteEndpoint } from '../../protocol/remote-api';
import { streamAnswer, type Answer, type Answerer, type AnswerOptions } from '../answer';
import type { Thread } from '../thread';

export interface RemoteModel {
  /** The server's name for it. */
  readonly id: string;
  /** Where it answers; see `RemoteEndpoint.url`. */
  readonly endpoint: string;
  /** As `LocalModel.chat`, thinking included. What a server does not tell of an answer is 0 in its figures. */
  chat(messages: readonly ChatMessage[], options?: AnswerOptions): Answer;
}

export interface RemoteClient {
  endpoints(): Promise<RemoteEndpoint[]>;
  /**
   * Lets a server be asked, from now on and in every tab.
   * @param url its base address; of a bare host it is "/v1".
   * @param key kept in this origin's storage and sent to this server alone.
   * @throws HearthError `bad-request` for what is no address.
   */
  addEndpoint(url: string, key?: string | null): Promise<RemoteEndpoint>;
  /** Forgets a server and its key. */
  removeEndpoint(url: string): Promise<void>;
  /**
   * Asks a server which models it has.
   * @throws HearthError `network`, `not-found`, `bad-request`, `refused`, `rate-limited`, `bad-file`, `aborted`.
   */
  models(endpoint: string, options?: { signal?: AbortSignal }): Promise<RemoteModel[]>;
  /** A model by its server's name for it. Nothing is asked before it is to answer. */
  model(endpoint: string, id: string): RemoteModel;
}

/** @param network the network thread. */
export function createRemoteClient(network: () => Thread<NetworkApi>, nextRequestId: () => string): RemoteClient {
  function modelOn(endpoint: string, id: string): RemoteModel {
    const answerer: Answerer = {
      generate: (request, onEvent) => network().call((api) => api.remote.generate({ ...request, endpoint }, onEvent)),
      abort: (requestId) => network().call((api) => api.remote.abort(requestId)),
    };
    return {
      id,
      endpoint,
      chat(messages, options = {}) {
        const prompt = { kind: 'chat' as const, messages: [...messages] };
        return streamAnswer(answerer, { requestId: nextRequestId(), modelId: id, prompt }, options);
      },
    };
  }

  return {
    endpoints: () => network().call((api) => api.remote.endpoints()),
    addEndpoint: (url, key = null) => network().call((api) => api.remote.addEndpoint(url, key)),
    removeEndpoint: (url) => network().call((api) => api.remote.removeEndpoint(url)),
    async models(endpoint, { signal } = {}) {
      throwIfAborted(signal);
      const requestId = nextRequestId();
      const abort = () => {
        network()
          .call((api) => api.remote.abort(requestId))
          .catch(() => {}); // a dead thread has stopped already
      };
      signal?.addEventListener('abort', abort);
      try {
        const ids = await network().call((api) => api.remote.models(requestId, endpoint));
        return ids.map((id) => modelOn(endpoint, id));
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
    model: modelOn,
  };
}

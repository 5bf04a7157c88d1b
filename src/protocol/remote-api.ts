/**
 * What the page may ask of servers elsewhere that speak OpenAI's API, through the network thread. Nothing is sent but to
 * the addresses a person has entered. Types only.
 */
import type { GenerateEvent, GenerateRequest } from './generation';

/** A server, as a person has entered it. Its key stays with the network thread and never comes back. */
export interface RemoteEndpoint {
  /** Its base address, e.g. "http://localhost:11434/v1"; also what names it. */
  url: string;
  hasKey: boolean;
  /** Names of the models that it had when it was last asked. */
  models: readonly string[];
}

/** As `GenerateRequest`, with one server's name of the model. `salt`, `priority` and `speculation` mean nothing there. */
export interface RemoteGenerateRequest extends GenerateRequest {
  endpoint: string;
}

export interface RemoteApi {
  endpoints(): Promise<RemoteEndpoint[]>;
  /** Adds a server, or gives it another key. Rejects as `bad-request` for what is no address. */
  addEndpoint(url: string, key: string | null): Promise<RemoteEndpoint>;
  removeEndpoint(url: string): Promise<void>;
  /**
   * Names of the models that a server has. Can be aborted. Rejects as
   * `network`, `not-found`, `bad-request`, `refused`, `rate-limited`, `bad-file`.
   */
  models(requestId: string, endpoint: string): Promise<string[]>;
  /**
   * Events as those of `EngineApi.generate`, thinking between `<think>` and `</think>`. Figures that a server does not tell
   * are 0, and tokens have no ids. Rejects also as `context-overflow`.
   */
  generate(request: RemoteGenerateRequest, onEvent: (event: GenerateEvent) => void | Promise<void>): Promise<void>;
  /** Ends an answer with the reason "aborted", or rejects a list of models as `aborted`. Unknown ids are ignored. */
  abort(requestId: string): Promise<void>;
}

/**
 * Servers elsewhere that speak OpenAI's API, and which chat one of them answers. Nothing goes there by itself: a person enters
 * the server, asks for its models, and chooses one for a chat; a chat in which something has been said is sent only after one
 * more question. What is sent and how is the network thread's business (`src/remote`); keys never come back from there.
 */
import { toHearthError, type HearthError, type RemoteEndpoint } from '../../client';
import type { RemoteChoice } from '../chats/types';
import { modelLabel } from './model-slice';
import type { AppServices, AppState, Slice } from './store';

/** What came of asking a server for its models, or that it is being asked. */
export type ServerCheck = { kind: 'asking' } | { kind: 'answered' } | { kind: 'failed'; error: HearthError };

export interface ServersSlice {
  /** Those that the person has entered; null until they are read. */
  servers: readonly RemoteEndpoint[] | null;
  /** By address. Servers that have not been asked in this visit are absent. */
  serverChecks: ReadonlyMap<string, ServerCheck>;
  /** Why the list of servers could not be read or changed. */
  serversProblem: HearthError | null;
  /** What went wrong with the answer of a server, in the open chat; until the next try. */
  answerProblem: HearthError | null;
  /** A model that was chosen for a chat with messages in it, and waits for the person's yes. */
  awaitedChoice: RemoteChoice | null;

  /** Reads which servers there are. No server is asked. */
  openServers(): Promise<void>;
  /**
   * Keeps a server, and asks it for its models. One that is there gets the new key.
   * @throws HearthError `bad-request` for what is no address or no key; then nothing is kept
   */
  addServer(url: string, key: string | null): Promise<void>;
  /** Asks a server for its models; what comes of it is in `serverChecks`. */
  askServer(url: string): Promise<void>;
  /** Forgets a server and its key. Chats that it answers stay, and say so when something is sent. */
  removeServer(url: string): Promise<void>;
  /** Lets a server's model answer the open chat from now on. In a chat with messages the person is asked first. */
  answerThere(choice: RemoteChoice): void;
  /** The person's answer to that question. */
  settleChoice(isAllowed: boolean): void;
  /** Lets this device answer the open chat from now on, by another model if one is named. */
  answerHere(modelId?: string): void;
}

/** The host of a server as a person knows it: "localhost:11434". */
export function hostOfServer(endpoint: string): string {
  return new URL(endpoint).host;
}

/** A server apart from others on the same host: "localhost:11434", "example.org/openai/v1". */
export function placeOfServer(endpoint: string): string {
  return endpoint.replace(/^https?:\/\//, '').replace(/^([^/]*)\/v1$/, '$1');
}

/** Who answers the open chat, by the model's name. */
export function answererLabel(state: AppState): string {
  return state.openedChat.remote?.model ?? modelLabel(state);
}

export function createServersSlice({ client }: AppServices): Slice<ServersSlice> {
  return (set, get) => {
    /** The chat that `awaitedChoice` is about. */
    let chatAsked = '';

    function setCheck(url: string, check: ServerCheck | null): void {
      const serverChecks = new Map(get().serverChecks);
      if (check) serverChecks.set(url, check);
      else serverChecks.delete(url);
      set({ serverChecks });
    }

    async function readServers(): Promise<void> {
      try {
        set({ servers: await client.remote.endpoints(), serversProblem: null });
      } catch (error) {
        set({ serversProblem: toHearthError(error) });
      }
    }

    return {
      servers: null,
      serverChecks: new Map(),
      serversProblem: null,
      answerProblem: null,
      awaitedChoice: null,

      openServers: readServers,

      async addServer(typed, key) {
        const { url } = await client.remote.addEndpoint(typed, key);
        await readServers();
        await get().askServer(url);
      },

      async askServer(url) {
        if (get().serverChecks.get(url)?.kind === 'asking') return;
        setCheck(url, { kind: 'asking' });
        const check = await client.remote.models(url).then(
          (): ServerCheck => ({ kind: 'answered' }),
          (error: unknown): ServerCheck => ({ kind: 'failed', error: toHearthError(error) }),
        );
        await readServers();
        const isStillThere = get().servers?.some((server) => server.url === url);
        setCheck(url, isStillThere ? check : null);
      },

      async removeServer(url) {
        try {
          await client.remote.removeEndpoint(url);
          setCheck(url, null);
          await readServers();
        } catch (error) {
          set({ serversProblem: toHearthError(error) });
        }
      },

      answerThere(choice) {
        const { openedChat, transcript, setChatSettings } = get();
        const isSentThere = openedChat.remote?.endpoint === choice.endpoint;
        if (transcript.length > 0 && !isSentThere) {
          chatAsked = openedChat.id;
          return set({ awaitedChoice: choice });
        }
        setChatSettings({ remote: choice });
        set({ answerProblem: null });
      },

      settleChoice(isAllowed) {
        const { awaitedChoice, openedChat, setChatSettings } = get();
        set({ awaitedChoice: null });
        // Another chat may have come meanwhile: of that nothing was said.
        if (!awaitedChoice || !isAllowed || openedChat.id !== chatAsked) return;
        setChatSettings({ remote: awaitedChoice });
        set({ answerProblem: null });
      },

      answerHere(modelId) {
        const { openedChat, modelId: selected, setChatSettings, useModel } = get();
        if (openedChat.remote) setChatSettings({ remote: null });
        set({ answerProblem: null });
        if (modelId !== undefined && modelId !== selected) void useModel(modelId);
      },
    };
  };
}

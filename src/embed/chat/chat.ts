/** The chat of `<hearth-chat>`: one conversation with one model, in memory, gone with the frame. No React, no window. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { findModel } from '../../catalog/catalog';
import type { LoadProgress } from '../../client/client';
import type { LocalModel } from '../../client/local-model';
import type { ModelClient } from '../../client/openai/models';
import { HearthError, isAbort, toHearthError, type ErrorCode } from '../../lib/errors';
import type { ChatMessage, GenerationStats } from '../../protocol/generation';

export interface ChatTurn {
  id: number;
  role: 'user' | 'assistant';
  text: string;
}

export interface ChatState {
  turns: readonly ChatTurn[];
  /** Of an answer: waiting for its first word, or writing. */
  phase: 'idle' | 'waiting' | 'writing';
  /** The model on its way; null when it is there, or nobody has asked for it. */
  progress: LoadProgress | null;
  isLoaded: boolean;
  problem: HearthError | null;
  /** Of the last answer. */
  stats: GenerationStats | null;
}

export interface Chat {
  store: StoreApi<ChatState>;
  /** Gets the model before the first message is sent. */
  prepare(): void;
  send(text: string): Promise<void>;
  /** Answers the last message again, after a problem. */
  retry(): Promise<void>;
  /** The answer so far stands. */
  stop(): void;
  clear(): void;
}

export interface ChatParts {
  model: string;
  client: Pick<ModelClient, 'loadModel'>;
  /** See `GenerationOptions`. */
  salt: string;
}

/** Errors after which the model is gone, with its thread or its device. */
const LOST: readonly ErrorCode[] = ['engine-taken', 'device-lost', 'internal'];

const atFirst: ChatState = {
  turns: [],
  phase: 'idle',
  progress: null,
  isLoaded: false,
  problem: null,
  stats: null,
};

export function createChat({ model: modelId, client, salt }: ChatParts): Chat {
  const store = createStore<ChatState>(() => atFirst);
  const { getState, setState } = store;
  let loading: Promise<LocalModel> | null = null;
  let answering: AbortController | null = null;
  let lastId = 0;

  function load(): Promise<LocalModel> {
    loading ??= client.loadModel(modelId, { onProgress: (progress) => setState({ progress }) });
    loading.then(
      () => setState({ progress: null, isLoaded: true }),
      () => {
        loading = null; // the next message tries again
        setState({ progress: null, isLoaded: false });
      },
    );
    return loading;
  }

  async function answer(): Promise<void> {
    const controller = new AbortController();
    answering = controller;
    const { signal } = controller;
    setState({ phase: 'waiting', problem: null, stats: null });
    const id = ++lastId;
    const loaded = load();
    try {
      const model = await Promise.race([loaded, aborted(signal)]);
      const messages: ChatMessage[] = getState().turns.map(({ role, text }) => ({ role, content: text }));
      const options = { ...findModel(modelId)?.sampling, salt, signal, contextPolicy: 'drop-oldest' } as const;
      for await (const { text, stats, finishReason } of model.chat(messages, options)) {
        if (answering !== controller) return; // cleared meanwhile
        append(id, text);
        if (finishReason !== null) setState({ stats });
      }
    } catch (error) {
      const problem = toHearthError(error);
      if (LOST.includes(problem.code)) forget(loaded);
      if (answering !== controller) return;
      if (!isAbort(error)) setState({ problem });
    }
    if (answering !== controller) return;
    answering = null;
    setState({ phase: 'idle' });
  }

  /** The next message loads the model again. */
  function forget(lost: Promise<LocalModel>): void {
    lost.then((model) => model.dispose()).catch(() => {}); // its thread may have gone
    if (loading !== lost) return;
    loading = null;
    setState({ isLoaded: false });
  }

  function append(id: number, text: string): void {
    if (text === '') return;
    const { turns } = getState();
    const last = turns.at(-1);
    const grown: ChatTurn = last?.id === id ? { ...last, text: last.text + text } : { id, role: 'assistant', text };
    setState({ phase: 'writing', turns: [...(last?.id === id ? turns.slice(0, -1) : turns), grown] });
  }

  return {
    store,
    prepare() {
      load().catch(() => {}); // told when something is sent
    },
    async send(text) {
      if (answering) return;
      setState({ turns: [...getState().turns, { id: ++lastId, role: 'user', text }] });
      await answer();
    },
    async retry() {
      const { turns } = getState();
      if (answering || turns.length === 0) return;
      if (turns.at(-1)?.role === 'assistant') setState({ turns: turns.slice(0, -1) });
      await answer();
    },
    stop: () => answering?.abort(),
    clear() {
      answering?.abort();
      answering = null;
      setState({ turns: [], phase: 'idle', problem: null, stats: null });
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new HearthError('aborted', 'The answer was stopped.')));
  });
}

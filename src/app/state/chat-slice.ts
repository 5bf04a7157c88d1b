/**
 * The conversation: what is sent is answered. It joins the chats of this machine (`chats-slice.ts`, which knows no model) with
 * the model (`model-slice.ts`, which knows no chat), or with a server elsewhere where the person has chosen one for the chat
 * (`servers-slice.ts`). A message may be sent before the model is there; it then waits for it. An answer belongs to its chat and
 * goes on when another one is opened; each chat has at most one. Stopping keeps the text so far.
 */
import { findModel } from '../../catalog/catalog';
import {
  isAbort,
  toHearthError,
  type ChatMessage,
  type FinishReason,
  type GenerationStats,
  type TextRange,
} from '../../client';
import type { AnswerWriter } from '../chats/answer-writer';
import { pathTo, subtreeOf } from '../chats/tree';
import type { AnswerStats, Message, MessageState } from '../chats/types';
import { orStopped } from './or-stopped';
import { promptOf } from './prompt';
import { answererLabel, hostOfServer } from './servers-slice';
import type { AppServices, AppState, Slice } from './store';

/**
 * `waiting`: for the model; `reading`: the prompt is being taken in; `writing`: text arrives; `recovering`: the device was lost,
 * and the answer goes on as soon as there is another.
 */
export type AnswerPhase = 'idle' | 'waiting' | 'reading' | 'writing' | 'recovering';

/** An answer that is under way. */
export interface Run {
  phase: Exclude<AnswerPhase, 'idle'>;
  /** How much of the prompt has been read. */
  prefill: { doneTokens: number; totalTokens: number } | null;
}

/** What has become of an answer, for those who do not see it grow. `silent`: nothing came. */
export interface Announcement {
  kind: 'answering' | 'finished' | 'full' | 'stopped' | 'failed' | 'silent';
  author: string;
  tokens: number;
}

export interface ChatSlice {
  /** The answers under way, by chat. */
  runs: ReadonlyMap<string, Run>;
  /** What the model is at, in whatever chat. */
  answerPhase: AnswerPhase;
  /** The latest of the open chat. */
  announcement: Announcement | null;

  /** Says what stands in the composer, or this text, and answers it. Nothing while an answer runs here, or for nothing. */
  send(text?: string): Promise<void>;
  /** Ends the answer of the open chat; its text so far stays. */
  stop(): void;
  /** Ends all answers; resolves when their text is stored. */
  stopAll(): Promise<void>;
  /** Answers once more: another version of this answer, or of the last. */
  regenerate(answerId?: string): Promise<void>;
  /** Goes on with an answer from its last word. */
  goOn(answerId: string): Promise<void>;
  /** Other words for a message: a new branch, which is answered if they are the person's. */
  resay(messageId: string, text: string): Promise<void>;
  newChat(options?: { temporary?: boolean }): Promise<void>;
  /** Opens a chat; with a message's id, at the newest branch through it. */
  showChat(chatId: string, messageId?: string): Promise<void>;
  /** Deletes a chat, and stops its answer. It can be undone for a while. */
  removeChat(chatId: string): Promise<void>;
  /** Deletes a message and what follows it, and stops an answer among that. It can be undone for a while. */
  removeMessage(messageId: string): Promise<void>;
}

/** The answer of the open chat, if one is under way. */
export function openRun({ runs, openedChat }: AppState): Run | undefined {
  return runs.get(openedChat.id);
}

/** What the model would be given if what stands in the composer were sent now. */
export function presentPrompt(
  state: Pick<AppState, 'openedChat' | 'transcript' | 'composerText' | 'composerAttachments'>,
): ChatMessage[] {
  const { openedChat, transcript, composerText, composerAttachments } = state;
  const typed = { role: 'user' as const, content: composerText.trim(), attachments: composerAttachments };
  const isTyped = typed.content !== '' || composerAttachments.length > 0;
  return promptOf(openedChat.systemPrompt, isTyped ? [...transcript, typed] : transcript);
}

interface Running {
  controller: AbortController;
  ended: Promise<unknown>;
}

export function createChatSlice({ client, nextFrame }: AppServices): Slice<ChatSlice> {
  const running = new Map<string, Running>();

  return (set, get) => {
    function setRun(chatId: string, run: Run | null): void {
      const runs = new Map(get().runs);
      if (run) runs.set(chatId, run);
      else runs.delete(chatId);
      const phases = new Set<AnswerPhase>([...runs.values()].map(({ phase }) => phase));
      const answerPhase =
        (['writing', 'reading', 'recovering', 'waiting'] as const).find((phase) => phases.has(phase)) ?? 'idle';
      set({ runs, answerPhase });
    }

    /** Lets the model write with this pen. @param goesOn the pen holds a text already, to be continued */
    function answer(writer: AnswerWriter, prompt: ChatMessage[], goesOn = false): Promise<void> {
      const { chatId } = writer.message;
      const controller = new AbortController();
      const ended = write(writer, prompt, goesOn, controller.signal).finally(() => {
        if (running.get(chatId)?.controller === controller) running.delete(chatId);
      });
      running.set(chatId, { controller, ended });
      return ended;
    }

    async function write(writer: AnswerWriter, prompt: ChatMessage[], goesOn: boolean, signal: AbortSignal) {
      const { chatId, content: before, stats: statsBefore, draftedRanges: rangesBefore = [] } = writer.message;
      const author = answererLabel(get());
      const { sampling, remote } = get().openedChat;
      const isOpen = () => get().openedChat.id === chatId;
      const announce = (kind: Announcement['kind'], tokens = 0) => {
        if (isOpen()) set({ announcement: { kind, author, tokens } });
      };

      let text = '';
      let stats: GenerationStats | null = null;
      let leftOut = 0;
      let draftedRanges: readonly TextRange[] = rangesBefore;
      let reason: FinishReason | 'failed' = 'aborted';
      let frameAsked = false;

      const soFar = () => ({
        content: before + text,
        ...(stats ? { stats: goesOn && statsBefore ? joinStats(statsBefore, stats) : stats } : {}),
        ...(leftOut > 0 ? { leftOut } : {}),
        ...(draftedRanges.length > 0 ? { draftedRanges: [...draftedRanges] } : {}),
      });
      /** Shows what has arrived. */
      function show(): void {
        if (!frameAsked) return; // the answer has ended meanwhile
        frameAsked = false;
        writer.update(soFar());
      }

      set({ problem: null, answerProblem: null });
      setRun(chatId, { phase: 'waiting', prefill: null });
      announce('answering');
      try {
        const model = remote
          ? client.remote.model(remote.endpoint, remote.model)
          : await orStopped(get().needModel(), signal);
        if (model) {
          // A server says nothing before it answers.
          if (!remote) setRun(chatId, { phase: 'reading', prefill: null });
          const options = {
            ...(remote ? {} : findModel(model.id)?.sampling),
            ...sampling,
            contextPolicy: get().settings.contextPolicy,
            continueLast: goesOn,
            signal,
            onDropped: (messages: number) => (leftOut = messages),
            onRecovering: () => {
              if (!signal.aborted && get().runs.has(chatId)) setRun(chatId, { phase: 'recovering', prefill: null });
            },
            onPrefill: (doneTokens: number, totalTokens: number) => {
              if (text === '' && !signal.aborted && get().runs.has(chatId))
                setRun(chatId, { phase: 'reading', prefill: { doneTokens, totalTokens } });
            },
          };
          for await (const chunk of model.chat(prompt, options)) {
            if (chunk.text !== '' && get().runs.get(chatId)?.phase !== 'writing') {
              setRun(chatId, { phase: 'writing', prefill: null });
            }
            draftedRanges = joinRanges(draftedRanges, chunk.draftedRanges ?? [], before.length + text.length);
            text += chunk.text;
            // Until a server has counted, nothing is known of the prompt.
            if (chunk.stats.completionTokens > 0 && chunk.stats.promptTokens > 0) stats = chunk.stats;
            reason = chunk.finishReason ?? reason;
            if (frameAsked) continue;
            frameAsked = true;
            nextFrame(show);
          }
        }
      } catch (error) {
        reason = isAbort(error) ? 'aborted' : 'failed';
        if (reason === 'failed') {
          const problem = toHearthError(error);
          if (remote) {
            if (isOpen()) set({ answerProblem: problem });
          } else {
            if (problem.code === 'device-lost' || problem.code === 'internal') get().forgetModel();
            if (isOpen()) set({ problem });
          }
        }
      }

      frameAsked = false;
      const stored = writer.finish(endStates[reason], soFar());
      setRun(chatId, null);
      announce(text === '' && reason === 'stop' ? 'silent' : announcements[reason], stats?.completionTokens ?? 0);
      await stored;
    }

    /** A temporary chat that is left is gone, and its answer with it. */
    function leaveChat(): void {
      const { isTemporary, openedChat } = get();
      if (isTemporary) running.get(openedChat.id)?.controller.abort();
      set({ problem: null, answerProblem: null, awaitedChoice: null, announcement: null });
    }

    async function stopIn(chatId: string): Promise<void> {
      const run = running.get(chatId);
      run?.controller.abort();
      await run?.ended;
    }

    /** An answer to a message of the open chat begins, by whoever answers it now. */
    function begin(askedId: string): Promise<void> {
      const { remote } = get().openedChat;
      const writer = get().beginAnswer(
        askedId,
        answererLabel(get()),
        remote ? hostOfServer(remote.endpoint) : undefined,
      );
      return answer(writer, promptUpTo(askedId));
    }

    const isBusy = () => get().runs.has(get().openedChat.id);
    const pathOf = (id: string | null) => pathTo(get().tree, id);
    const promptUpTo = (id: string | null, goesOn = false) =>
      promptOf(get().openedChat.systemPrompt, pathOf(id), goesOn);

    return {
      runs: new Map(),
      answerPhase: 'idle',
      announcement: null,

      async send(text) {
        const { composerText, composerAttachments, say } = get();
        const isBlank =
          (text ?? composerText).trim() === '' && (text !== undefined || composerAttachments.length === 0);
        if (isBlank || isBusy()) return;
        const { id } = say(text === undefined ? undefined : { text });
        await begin(id);
      },

      stop() {
        running.get(get().openedChat.id)?.controller.abort();
      },

      async stopAll() {
        await Promise.all([...running.keys()].map(stopIn));
      },

      async regenerate(answerId) {
        const { transcript } = get();
        const target = answerId === undefined ? transcript.at(-1) : transcript.find(({ id }) => id === answerId);
        const askedId = target?.role === 'assistant' ? target.parentId : target?.id;
        if (!askedId || isBusy()) return;
        await begin(askedId);
      },

      async goOn(answerId) {
        if (isBusy()) return;
        const prompt = promptUpTo(answerId, true);
        await answer(get().continueAnswer(answerId), prompt, true);
      },

      async resay(messageId, text) {
        if (isBusy()) return;
        const { id, role } = get().editMessage(messageId, text.trim());
        if (role === 'user') await begin(id);
      },

      async newChat(options) {
        const { problem, answerProblem, transcript, openedChat } = get();
        const last = transcript.at(-1);
        const wasTooLong = (answerProblem ?? problem)?.code === 'context-overflow' && last?.role === 'user';
        leaveChat();
        await get().startChat(options);
        // Who writes with a server goes on with it; a draft that is taken up keeps to its own.
        if (openedChat.remote && get().composerText === '') get().setChatSettings({ remote: openedChat.remote });
        // A message that was too long to be answered goes to where it can be shortened.
        const { composerText, composerAttachments, setComposer } = get();
        if (wasTooLong && composerText === '' && composerAttachments.length === 0)
          setComposer({ text: last.content, attachments: last.attachments ?? [] });
      },

      async showChat(chatId, messageId) {
        if (chatId === get().openedChat.id && messageId === undefined) return;
        leaveChat();
        await get().openChat(chatId, messageId);
      },

      async removeChat(chatId) {
        if (chatId === get().openedChat.id) leaveChat();
        await stopIn(chatId);
        await get().deleteChat(chatId);
      },

      async removeMessage(messageId) {
        const { tree, openedChat } = get();
        const isWriting = ({ id, state }: Message) => state === 'streaming' && get().tree.messages.has(id);
        if (subtreeOf(tree, messageId).some(isWriting)) await stopIn(openedChat.id);
        // An answer without a word went when it was stopped.
        if (get().tree.messages.has(messageId)) await get().deleteMessage(messageId);
        set({ problem: null, answerProblem: null });
      },
    };
  };
}

const endStates: Record<FinishReason | 'failed', Exclude<MessageState, 'streaming'>> = {
  stop: 'done',
  length: 'stopped',
  aborted: 'stopped',
  failed: 'error',
};

const announcements: Record<FinishReason | 'failed', Announcement['kind']> = {
  stop: 'finished',
  length: 'full',
  aborted: 'stopped',
  failed: 'failed',
};

/** Figures of an answer in two parts: its prompt is the first one's, its speed the second one's. */
function joinStats(first: AnswerStats, second: GenerationStats): AnswerStats {
  return {
    ...second,
    promptTokens: first.promptTokens,
    cachedTokens: first.cachedTokens ?? 0,
    timeToFirstTokenMs: first.timeToFirstTokenMs,
    completionTokens: first.completionTokens + second.completionTokens,
    draftTokens: (first.draftTokens ?? 0) + second.draftTokens,
    acceptedTokens: (first.acceptedTokens ?? 0) + second.acceptedTokens,
    queueMs: (first.queueMs ?? 0) + second.queueMs,
    totalMs: first.totalMs + second.totalMs,
  };
}

/** Ranges of a text and of what comes after it, at `offset`; two that touch become one. */
function joinRanges(first: readonly TextRange[], second: readonly TextRange[], offset: number): readonly TextRange[] {
  if (second.length === 0) return first;
  const joined = [...first];
  for (const [start, end] of second) {
    const last = joined.at(-1);
    if (last?.[1] === start + offset) joined[joined.length - 1] = [last[0], end + offset];
    else joined.push([start + offset, end + offset]);
  }
  return joined;
}

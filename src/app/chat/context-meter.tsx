/**
 * How much of the model's context this chat takes, with what stands in the composer: counted by the engine for what has been
 * answered, and for what has not by the model's own template and tokenizer. Warm, and said in words, when it is nearly full.
 */
import { useEffect, useState } from 'react';
import type { ChatMessage, LocalModel } from '../../client';
import type { Message } from '../chats/types';
import { openRun, presentPrompt } from '../state/chat-slice';
import { useApp } from '../state/use-app';
import { strings } from './strings';

const WARM_SHARE = 0.8;
/** Counting waits until nobody has typed for so long. */
const PAUSE_MS = 400;

export function ContextMeter() {
  // How much a model elsewhere can read, its server does not tell.
  const model = useApp(({ modelState, openedChat }) =>
    modelState.kind === 'ready' && !openedChat.remote ? modelState.model : null,
  );
  const transcript = useApp((state) => state.transcript);
  const used = useTokens(model, transcript);
  if (!model || used === 0) return <span className="context" />;
  const room = model.contextLength;
  const share = Math.min(1, used / room);
  const level = used > room ? 'over' : share >= WARM_SHARE ? 'warm' : 'calm';
  const words = { over: strings.contextOver, warm: strings.contextWarm, calm: strings.contextCalm }[level];
  return (
    <div
      className="context"
      data-level={level}
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a <meter> holds no words and takes no colours of ours
      role="meter"
      aria-label={strings.context}
      aria-valuemin={0}
      aria-valuemax={room}
      aria-valuenow={Math.min(used, room)}
      aria-valuetext={words({ used, room })}
    >
      <span className="context-bar" aria-hidden>
        <span style={{ inlineSize: `${share * 100}%` }} />
      </span>
      <span>{words({ used, room })}</span>
    </div>
  );
}

function useTokens(model: LocalModel | null, transcript: readonly Message[]): number {
  const composerText = useApp((state) => state.composerText);
  const composerAttachments = useApp((state) => state.composerAttachments);
  const openedChat = useApp((state) => state.openedChat);
  const running = useApp((state) => openRun(state) !== undefined);
  const [uncounted, setUncounted] = useState({ prompt: '', tokens: 0 });

  const lastCounted = transcript.findLastIndex(({ stats }) => stats !== undefined);
  const counted = transcript[lastCounted];
  const { promptTokens = 0, completionTokens = 0 } = counted?.stats ?? {};
  // The token with which an answer ends by itself is one of its own, and the template puts it there too.
  const countedTwice = counted?.state === 'done' ? 1 : 0;
  const follows = lastCounted >= 0;
  const messages = running
    ? []
    : presentPrompt({
        openedChat: follows ? { ...openedChat, systemPrompt: '' } : openedChat,
        transcript: transcript.slice(lastCounted + 1),
        composerText,
        composerAttachments,
      });
  const prompt = messages.length === 0 ? '' : JSON.stringify(messages);

  useEffect(() => {
    if (!model || prompt === '') return;
    let current = true;
    const timer = setTimeout(() => {
      const unanswered = JSON.parse(prompt) as ChatMessage[];
      (follows ? countFollowing(model, unanswered, countedTwice) : count(model, unanswered)).then(
        (tokens) => {
          if (current) setUncounted({ prompt, tokens });
        },
        () => {}, // the model has gone: nothing is counted until it is back
      );
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [model, prompt, follows, countedTwice]);

  return promptTokens + completionTokens + (prompt === '' ? 0 : uncounted.tokens);
}

async function count(model: LocalModel, messages: readonly ChatMessage[]): Promise<number> {
  return (await model.renderChat(messages)).tokenIds.length;
}

/** Tokens that these messages add to a conversation whose last answer has been counted: with all that the template puts around. */
async function countFollowing(
  model: LocalModel,
  messages: readonly ChatMessage[],
  countedTwice: number,
): Promise<number> {
  const word = 'x';
  const asked: ChatMessage = { role: 'user', content: word };
  const [whole, upToAnswer, answer] = await Promise.all([
    count(model, [asked, { role: 'assistant', content: word }, ...messages]),
    count(model, [asked]),
    model.tokenize(word),
  ]);
  return whole - upToAnswer - answer.length - countedTwice;
}

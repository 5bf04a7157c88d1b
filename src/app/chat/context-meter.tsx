/**
 * How much of the model's context this chat takes, with what stands in the composer: counted by the engine for what has been
 * answered, and by the model's own tokenizer for what has not. Warm, and said in words, when it is nearly full.
 */
import { useEffect, useState } from 'react';
import type { LocalModel } from '../../client';
import type { Message } from '../chats/types';
import { openRun } from '../state/chat-slice';
import { withAttachments } from '../state/prompt';
import { useApp } from '../state/use-app';
import { strings } from './strings';

const WARM_SHARE = 0.8;
/** Counting waits until nobody has typed for so long. */
const PAUSE_MS = 400;

export function ContextMeter() {
  const model = useApp(({ modelState }) => (modelState.kind === 'ready' ? modelState.model : null));
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
  const typed = useApp((state) => state.composerText);
  const attachments = useApp((state) => state.composerAttachments);
  const systemPrompt = useApp((state) => state.openedChat.systemPrompt);
  const running = useApp((state) => openRun(state) !== undefined);
  const [uncounted, setUncounted] = useState({ text: '', tokens: 0 });

  const lastCounted = transcript.findLastIndex(({ stats }) => stats !== undefined);
  const { promptTokens = 0, completionTokens = 0 } = transcript[lastCounted]?.stats ?? {};
  const rest = transcript
    .slice(lastCounted + 1)
    .map((message) => withAttachments(message.content, message.attachments));
  const parts = [...(lastCounted < 0 ? [systemPrompt] : []), ...rest, withAttachments(typed, attachments)];
  const text = running ? '' : parts.filter((part) => part !== '').join('\n\n');

  useEffect(() => {
    if (!model || text === '') return;
    let current = true;
    const timer = setTimeout(() => {
      model.tokenize(text).then(
        ({ length }) => {
          if (current) setUncounted({ text, tokens: length });
        },
        () => {}, // the model has gone: nothing is counted until it is back
      );
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [model, text]);

  return promptTokens + completionTokens + (text === '' ? 0 : uncounted.tokens);
}

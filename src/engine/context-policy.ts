/**
 * What gives way when a chat no longer fits its context: under the policy 'drop-oldest' its oldest turns, whole, so that
 * templates still find users and answers in turn. The system message stays, and so does the last turn. A context that fills
 * in mid-answer makes older turns give way once more: the answer so far becomes the end of the prompt of another request,
 * which goes on with it. Penalties on the answer's own tokens begin anew with it; that on all tokens seen does not.
 */
import { divideUp } from '../lib/shapes';
import type { ChatMessage } from '../text/chat-template';
import type { ResolvedOptions } from './options';
import type { ChatPrompt } from './prompt';
import type { GenerateEvent, Request, RequestParts } from './request';
import { RequestClock } from './stats';

/** What answering needs of a model. */
export interface Answerer {
  readonly contextLength: number;
  readonly encode: (prompt: ChatPrompt) => number[];
  /** Makes a request that goes on when full. @throws HearthError `bad-request`, `context-overflow`. */
  readonly makeRequest: (
    prompt: ChatPrompt,
    promptIds: readonly number[],
    options: ResolvedOptions,
    parts: Pick<RequestParts, 'clock' | 'after'>,
  ) => Request;
  readonly run: (request: Request) => AsyncIterable<GenerateEvent>;
}

/** The events of one answer, by as many requests as it takes, on one clock. @throws HearthError as `makeRequest`. */
export async function* answerDroppingOldest(
  prompt: ChatPrompt,
  options: ResolvedOptions,
  { contextLength, encode, makeRequest, run }: Answerer,
): AsyncGenerator<GenerateEvent> {
  let { continueLast = false } = prompt;
  let { maxTokens } = options;
  /** Room for the answer: a quarter of the context, or less for an answer that is to be shorter. */
  const reserve = () => Math.min(maxTokens, divideUp(contextLength, 4));
  const fit = (messages: readonly ChatMessage[]) =>
    fitChat(messages, (kept) => encode({ kind: 'chat', messages: kept, continueLast }), contextLength - reserve());

  let chat = fit(prompt.messages);
  let shown = '';
  let after: Request | null = null;
  const clock = new RequestClock(chat.promptIds.length);
  for (;;) {
    const { messages, promptIds, dropped } = chat;
    if (dropped > 0) yield { type: 'dropped', messages: dropped };
    const part: ChatPrompt = { kind: 'chat', messages, continueLast };
    const request: Request = makeRequest(part, promptIds, { ...options, maxTokens }, { clock, after });
    for await (const event of run(request)) {
      yield event;
      if (event.type === 'done') return;
      if (event.type === 'text') shown += event.text;
    }

    // It ended without `done`: the context is full.
    continueLast = true;
    maxTokens -= request.writtenTokens;
    chat = fit(withAnswer(prompt, shown + request.heldText));
    if (chat.dropped === dropped || chat.promptIds.length + reserve() > contextLength) {
      request.endFull();
      yield* request.events.read();
      return;
    }
    after = request;
    clock.markQueued();
  }
}

/** A chat as it is given to the model. */
export interface FittedChat {
  readonly messages: ChatMessage[];
  readonly promptIds: number[];
  /** Messages that were left out. */
  readonly dropped: number;
}

/**
 * Leaves out as few of the oldest turns as make the prompt fit the room; all but the last where no number of them does.
 * @param encode renders and tokenises; called about log2(turns) times, once where nothing needs to be left out.
 * @param room tokens that the prompt may have.
 */
export function fitChat(
  messages: readonly ChatMessage[],
  encode: (messages: ChatMessage[]) => number[],
  room: number,
): FittedChat {
  const first = messages.findIndex(({ role }) => role !== 'system');
  const turns = messages.flatMap(({ role }, i) => (i === first || (i > first && role === 'user') ? [i] : []));
  const without = (turnCount: number): FittedChat => {
    const kept = turnCount === 0 ? [...messages] : [...messages.slice(0, first), ...messages.slice(turns[turnCount])];
    return { messages: kept, promptIds: encode(kept), dropped: messages.length - kept.length };
  };
  const fits = ({ promptIds }: FittedChat) => promptIds.length <= room;

  const whole = without(0);
  if (fits(whole) || turns.length <= 1) return whole;
  let tooFew = 0; // without so many turns it does not fit
  let enough = turns.length - 1; // without so many it does, or nothing helps
  let fitted = without(enough);
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    const tried = without(middle);
    if (fits(tried)) {
      fitted = tried;
      enough = middle;
    } else tooFew = middle;
  }
  return fitted;
}

/** The chat with the answer so far as its last message, or as the end of the message that was gone on with. */
function withAnswer({ messages, continueLast }: ChatPrompt, answer: string): ChatMessage[] {
  const before = continueLast ? (messages.at(-1)?.content ?? '') : '';
  const others = continueLast ? messages.slice(0, -1) : messages;
  return [...others, { role: 'assistant', content: before + answer }];
}

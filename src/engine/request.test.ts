/** A request that is handed its tokens, without a model: how they become events. */
import { describe, expect, it } from 'vitest';
import { readCheckpoint, talesFolder } from '../text/test-checkpoints';
import { createTextModel } from '../text/text-model';
import { resolveOptions } from './options';
import { Request } from './request';
import type { GenerateEvent, RequestParts } from './request';
import { Sequence } from './sequence';
import type { SequenceTraits } from './sequence';
import { RequestClock } from './stats';

const text = createTextModel(readCheckpoint(talesFolder));
const encode = (words: string) => text.tokenizer.encode(words, { addSpecialTokens: false });

const OPTIONS = resolveOptions({}, { seed: 1 }, 4096);
const TRAITS: SequenceTraits = {
  settings: OPTIONS,
  stopIds: text.stopTokenIds,
  logprobs: null,
  grammar: null,
  speculation: 'auto',
  priority: 'foreground',
  salt: '',
};

function make(capacity: number, parts: Partial<RequestParts> = {}): Request {
  return new Request(new Sequence([1], 1 + capacity, TRAITS), OPTIONS, text, {
    clock: new RequestClock(1),
    stopStrings: [],
    continuesText: true,
    goesOnWhenFull: false,
    after: null,
    ...parts,
  });
}

/** Hands over tokens until the request is finished. @returns why it finished, or null. */
function accept(request: Request, ids: readonly number[], isDrafted: (index: number) => boolean = () => false) {
  for (const [index, id] of ids.entries()) {
    const isMatch = isDrafted(index);
    const reason = request.takeIn([id], isMatch ? 1 : 0, isMatch ? 1 : 0, []);
    if (reason !== null) {
      request.end(reason);
      return reason;
    }
  }
  return null;
}

/** What it has reported; it must have ended. */
async function eventsOf(request: Request): Promise<GenerateEvent[]> {
  const events: GenerateEvent[] = [];
  for await (const event of request.events.read()) events.push(event);
  return events;
}

const textOf = (events: readonly GenerateEvent[]) =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('');
const idsOf = (events: readonly GenerateEvent[]) =>
  events.flatMap((event) => (event.type === 'text' ? event.tokenIds : []));

describe('drafted tokens', () => {
  it('are marked by token and by character', async () => {
    const ids = encode('Once upon a time');
    const request = make(ids.length);
    expect(accept(request, ids, (index) => index % 2 === 1)).toBe('length');
    const pieces = (await eventsOf(request)).filter((event) => event.type === 'text');
    expect(pieces.flatMap(({ drafted, tokenIds }) => drafted ?? tokenIds.map(() => false))).toEqual(
      ids.map((_, index) => index % 2 === 1),
    );
    const marked = pieces.flatMap((piece) => (piece.draftedRanges ?? []).map((range) => piece.text.slice(...range)));
    expect(marked).toEqual(
      ids.filter((_, index) => index % 2 === 1).map((id) => text.tokenizer.decode([id], { continuesText: true })),
    );
  });

  it('stay marked when a stop string holds their characters back', async () => {
    const ids = encode('Once upon a time');
    const request = make(ids.length, { stopStrings: ['upon a dog'] });
    accept(request, ids, () => true);
    const pieces = (await eventsOf(request)).filter((event) => event.type === 'text');
    expect(pieces.map((piece) => piece.text).join('')).toBe('Once upon a time');
    expect(pieces.map(({ draftedRanges }) => draftedRanges)).toEqual(pieces.map((piece) => [[0, piece.text.length]]));
  });
});

describe('a request that goes on as another one', () => {
  const words = [...encode('Home is'), ...encode(' a 🔥')];
  const stopStrings = ['is a 🔥 by'];

  /** One whose context is full in the middle of the flame. */
  async function begin() {
    const request = make(words.length - 1, { stopStrings, goesOnWhenFull: true });
    expect(accept(request, words)).toBe('length');
    const shown = textOf(await eventsOf(request));
    return { request, shown, flame: words.slice(request.writtenTokens) };
  }

  it('keeps the characters that are held back, and leaves a piece of one to be written again', async () => {
    const { request, shown, flame } = await begin();
    expect(shown).toBe('Home ');
    expect(request.heldText).toBe('is a ');
    expect(text.tokenizer.decode(flame, { continuesText: true }).trim()).toBe('🔥');
    const next = make(20, { stopStrings, after: request });
    const rest = [...flame, ...encode(' is warm')];
    accept(next, rest);
    next.end('aborted');
    const events = await eventsOf(next);
    expect(shown + textOf(events)).toBe('Home is a 🔥 is warm');
    expect(idsOf(events).slice(-rest.length)).toEqual(rest);
  });

  it('ends at a stop string that began in the first', async () => {
    const { request, shown, flame } = await begin();
    const next = make(20, { stopStrings, after: request });
    expect(accept(next, [...flame, ...encode(' by')])).toBe('stop');
    expect(shown + textOf(await eventsOf(next))).toBe('Home ');
  });

  it('reports its end after all where there is no other', async () => {
    const request = make(2, { goesOnWhenFull: true, stopStrings: ['time to'] });
    accept(request, encode(' a time'));
    expect((await eventsOf(request)).some(({ type }) => type === 'done')).toBe(false);
    request.endFull();
    const rest = await eventsOf(request);
    expect(textOf(rest)).toBe('time');
    expect(rest.at(-1)).toMatchObject({ type: 'done', reason: 'length' });
  });
});

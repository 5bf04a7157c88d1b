/* oxlint-disable no-console -- a command: its output is the point */
/**
 * `npm run measure`: what the engine's loop, its sharing and its speculation bring on this machine's device, with the bundled
 * pair. Everything is measured in pairs, interleaved in one run; figures are medians with the interval that holds the true
 * median with about 95 percent, from the order of the rounds alone. It runs in Node, over whatever `navigator.gpu`
 * scripts/measure.mjs put in place.
 *
 *   npm run measure [-- --rounds 15] [--only loop|speculation]
 */
import { parseArgs } from 'node:util';
import { findDevice } from '../gpu/device';
import { HearthError } from '../lib/errors';
import { figureOf, figureText } from '../lib/figure';
import { present } from '../lib/invariant';
import { RESULT_WORDS } from '../kernels/shared/slot-state';
import { createEngine } from './index';
import type { GenerateEvent, GenerationOptions, Model, Prompt } from './index';
import { measureCosts } from './measure-costs';
import { resolveOptions } from './options';
import { decodeShape } from './runner';
import { roundCost } from './speculation';
import type { SpeculationCosts } from './speculation';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { shipped } from './testing/packings';

const STORY: Prompt = { kind: 'chat', messages: [{ role: 'user', content: 'Tell me a story about a dog.' }] };

/** Tokens of a decode that is timed. */
const TOKENS = 48;

/** Words of a first turn of about 700 tokens. */
const LONG_TURN = 'The little dog ran to the sea and looked for shells. '.repeat(55);

/** @param args the command line after the command. */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: 'string', default: '15' }, only: { type: 'string' } },
  });
  const rounds = Number(values.rounds);
  const { device, report } = await findDevice(navigator.gpu);
  if (device === null) throw new HearthError('webgpu-unavailable', report.reason ?? 'No graphics adapter was found.');
  const engine = createEngine({ device });
  const stored = packCheckpoint(await readCheckpoint('public/models/tales'), shipped);
  const draft = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
  console.log(`${report.adapter}; medians of ${rounds} interleaved rounds, with their 95 % intervals\n`);
  if (values.only !== 'speculation') {
    const model = await engine.loadModel(stored, { contextLength: 1024 });
    await measureGap(model, rounds);
    await measureBatch(model, Math.max(7, Math.ceil(rounds / 3)));
    await measureSecondTurn(model, Math.max(7, Math.ceil(rounds / 3)));
  }
  if (values.only !== 'loop') {
    for (const guesser of [draft, null]) {
      const model = await engine.loadModel(stored, { contextLength: 1024, draft: guesser });
      await measureSpeculation(model, Math.max(7, Math.ceil(rounds / 2)));
    }
  }
  await engine.dispose();
}

/** The loop's time per token against the same recording submitted back to back, which nobody reads. */
async function measureGap(model: Model, rounds: number): Promise<void> {
  const { runner } = model;
  const shape = { ...decodeShape(1), penalties: true };
  const prepared = await runner.prepare(shape);
  const ids = model.encode(STORY);
  const settings = resolveOptions({}, { ...endless(model), temperature: 0 }, runner.vocabSize);
  const loop: number[] = [];
  const recording: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const { done } = await answer(model, STORY, { ...endless(model), speculation: 'off' });
    const { slot } = present(runner.cache.admit(ids, `round ${round}`, ids.length + TOKENS), 'room for a sequence');
    const limit = ids.length + TOKENS;
    runner.upload(slot, { ids, promptLength: ids.length, limit, settings, stopIds: new Set(), logprobs: null });
    const results = new Uint32Array(RESULT_WORDS);
    const startMs = performance.now();
    const steps = [];
    for (let i = 0; i < TOKENS; i++)
      steps.push(runner.submit(prepared, { slots: [slot], prefill: [] }, { results, logprobs: null }));
    await Promise.all(steps);
    const recordedMs = (performance.now() - startMs) / TOKENS;
    runner.cache.release(slot, 0);
    if (round === 0) continue; // for warmth
    loop.push(1000 / done.stats.decodeTokensPerSecond);
    recording.push(recordedMs);
  }
  console.log(`time per token in the loop            ${show(loop, 'ms')}`);
  console.log(`the same recording, back to back      ${show(recording, 'ms')}`);
  console.log(
    `gap per token                         ${show(
      pairs(loop, recording, (a, b) => a - b),
      'ms',
    )}\n`,
  );
}

/** All tokens a second of several chats at once. */
async function measureBatch(model: Model, rounds: number): Promise<void> {
  const counts = [1, 2, 4, 8];
  const speeds = counts.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, count] of counts.entries()) {
      const startMs = performance.now();
      const asked = Array.from({ length: count }, () =>
        answer(model, STORY, { ...endless(model), speculation: 'off' }),
      );
      await Promise.all(asked);
      if (round > 0) speeds[i]!.push((1000 * count * TOKENS) / (performance.now() - startMs));
    }
  }
  for (const [i, count] of counts.entries()) {
    const ratio = show(
      pairs(speeds[i]!, speeds[0]!, (a, b) => a / b),
      '×',
    );
    console.log(`${count} chats at once, all tokens          ${show(speeds[i]!, 'tok/s')}, ${ratio} of one`);
  }
  console.log('');
}

/** Time to the first token of a second turn whose first is in the cache, and of the same prompt from nothing. */
async function measureSecondTurn(model: Model, rounds: number): Promise<void> {
  const first: Prompt = { kind: 'chat', messages: [{ role: 'user', content: LONG_TURN }] };
  const cached: number[] = [];
  const fresh: number[] = [];
  let tokens = 0;
  for (let round = 0; round <= rounds; round++) {
    const salt = `turn ${round}`;
    const { text } = await answer(model, first, { temperature: 0, maxTokens: 8, salt, speculation: 'off' });
    const messages = [
      { role: 'user' as const, content: LONG_TURN },
      { role: 'assistant' as const, content: text },
      { role: 'user' as const, content: 'And then?' },
    ];
    const options = { temperature: 0, maxTokens: 2, speculation: 'off' as const };
    const warm = await answer(model, { kind: 'chat', messages }, { ...options, salt });
    const cold = await answer(model, { kind: 'chat', messages }, { ...options, salt: `${salt} anew` });
    tokens = cold.done.stats.promptTokens;
    if (round === 0) continue;
    cached.push(warm.done.stats.timeToFirstTokenMs);
    fresh.push(cold.done.stats.timeToFirstTokenMs);
  }
  console.log(`second turn (${tokens} tokens), first in the cache ${show(cached, 'ms')} to the first token`);
  console.log(`the same prompt, nothing in the cache       ${show(fresh, 'ms')}`);
  console.log(
    `                                            ${show(
      pairs(fresh, cached, (a, b) => a / b),
      '×',
    )} as long\n`,
  );
}

/** A prompt, and whom it favours. */
interface Text {
  title: string;
  prompt: Prompt;
  options: (model: Model, round: number) => GenerationOptions;
}

const TEXTS: Text[] = [
  {
    title: 'a story, drawn',
    prompt: STORY,
    options: (_, round) => ({ temperature: 0.7, seed: round, maxTokens: TOKENS }),
  },
  { title: 'one letter over and over', prompt: STORY, options: (model) => endless(model) },
];

/**
 * Decode with guesses against decode without, turn about, and what the measured parts foretell: a round brings the tokens that
 * were accepted and one more, for k · c + v(k + 1).
 */
async function measureSpeculation(model: Model, rounds: number): Promise<void> {
  const { speculation, runner } = model;
  const costs = await costsOf(model);
  speculation.costs = costs;
  const guesser = runner.draft ? 'draft' : 'lookup';
  const c = costs.draft === null ? '' : `c = ${costs.draft.toFixed(2)}, `;
  console.log(`guesses by ${guesser}: ${c}v = ${costs.verify.map((cost) => cost.toFixed(2)).join(' ')}`);
  for (const { title, prompt, options } of TEXTS) {
    for (const choice of ['auto', 1, 3] as const) {
      const gains: number[] = [];
      let [tokens, drafted, accepted] = [0, 0, 0];
      for (let round = 0; round <= rounds; round++) {
        const ask = async (how: 'off' | typeof choice) =>
          (await answer(model, prompt, { ...options(model, round), speculation: how })).done.stats;
        const isPlainFirst = round % 2 === 0;
        const before = isPlainFirst ? await ask('off') : null;
        const guessed = await ask(choice);
        const plain = before ?? (await ask('off'));
        if (round === 0) continue; // for warmth
        gains.push(guessed.decodeTokensPerSecond / plain.decodeTokensPerSecond);
        tokens += guessed.completionTokens;
        drafted += guessed.draftTokens;
        accepted += guessed.acceptedTokens;
      }
      const share =
        drafted > 0 ? `${((100 * accepted) / drafted).toFixed(0)} % of ${drafted} right` : 'nothing guessed';
      console.log(`${title}, k = ${String(choice).padEnd(4)}  ${show(gains, '×')} of plain, ${share}${foretold()}`);

      function foretold(): string {
        if (choice === 'auto') return '';
        const gain = tokens / (tokens - accepted) / roundCost(costs, { guesser, drafts: choice }, 1);
        const reached = gains.map((each) => each / gain);
        return `, foretold ${gain.toFixed(2)} ×, of which ${show(reached, '')}`;
      }
    }
  }
  console.log('');
}

/** What guessing costs, measured at once. */
async function costsOf(model: Model): Promise<SpeculationCosts> {
  const measuring = measureCosts(model.runner);
  for (;;) {
    const { done, value } = await measuring.next();
    if (done === true) return value;
  }
}

/** Exactly TOKENS tokens: whatever the model would rather say, it says the letter a. */
function endless(model: Model): GenerationOptions {
  const letter = present(model.text.tokenizer.encode('a', { addSpecialTokens: false })[0], 'token');
  return { maxTokens: TOKENS, temperature: 0, logitBias: { [letter]: 100 } };
}

async function answer(model: Model, prompt: Prompt, options: GenerationOptions) {
  let text = '';
  let last: GenerateEvent | undefined;
  for await (const event of model.generate(prompt, options)) {
    if (event.type === 'text') text += event.text;
    last = event;
  }
  if (last?.type !== 'done') throw new HearthError('internal', 'An answer ended without its figures.');
  return { text, done: last };
}

function pairs(first: readonly number[], second: readonly number[], of: (a: number, b: number) => number): number[] {
  return first.map((value, i) => of(value, second[i]!));
}

function show(values: readonly number[], unit: string): string {
  return figureText(figureOf(values), unit);
}

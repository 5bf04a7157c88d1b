/**
 * The engine does not know the protocol, so what both name is written twice: here it is held in step. The type checker is the
 * judge (`npm test -- types`); in the test run only the names of the options are compared.
 */
import { expect, expectTypeOf, it } from 'vitest';
import type * as engine from '../src/engine';
import { resolveOptions } from '../src/engine/options';
import type { TokenLogprobs } from '../src/engine/logprobs';
import type * as protocol from '../src/protocol/generation';
import type { EngineStats, ReadingSpeed, TuningReport } from '../src/protocol/engine-api';

it('the engine and the protocol mean the same by every name they share', () => {
  expectTypeOf<engine.GenerationOptions>().toEqualTypeOf<protocol.GenerationOptions>();
  expectTypeOf<engine.GenerateEvent>().toEqualTypeOf<protocol.GenerateEvent>();
  expectTypeOf<engine.GenerationStats>().toEqualTypeOf<protocol.GenerationStats>();
  expectTypeOf<engine.Prompt>().toEqualTypeOf<protocol.Prompt>();
  expectTypeOf<engine.EngineStats>().toEqualTypeOf<EngineStats>();
  expectTypeOf<engine.ReadingSpeed>().toEqualTypeOf<ReadingSpeed>();
  expectTypeOf<engine.TuningReport>().toEqualTypeOf<TuningReport>();
  expectTypeOf<TokenLogprobs>().toEqualTypeOf<protocol.TokenLogprobs>();
});

it('every option of the protocol is one that the engine knows', () => {
  const all: Required<protocol.GenerationOptions> = {
    temperature: 1,
    topK: 1,
    topP: 1,
    minP: 0,
    repetitionPenalty: 1,
    frequencyPenalty: 0,
    presencePenalty: 0,
    logitBias: {},
    seed: 1,
    maxTokens: 1,
    stop: [],
    contextPolicy: 'stop',
    logprobs: 0,
    grammar: { type: 'json' },
    priority: 'foreground',
    salt: '',
    speculation: 'auto',
  };
  const { logitBias: _, ...resolved } = resolveOptions({}, all, 10);
  expect(all).toMatchObject(resolved);
});

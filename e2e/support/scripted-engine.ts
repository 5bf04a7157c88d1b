/**
 * An engine thread that says a given text at a given speed, in the place of the real one: so that the page, which is all that
 * is judged with it, meets a long context and a fast device on any machine. The page, its client and Comlink are the real ones.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';

export interface Script {
  /** What every answer says. */
  text: string;
  tokensPerSecond: number;
  contextLength: number;
}

/** Characters of one token, about. */
const TOKEN_CHARACTERS = 4;

/** Call before the page is opened; the context must block service workers, which would answer for the network. */
export async function useScriptedEngine(page: Page, script: Script): Promise<void> {
  const comlink = readFileSync(createRequire(import.meta.url).resolve('comlink/dist/esm/comlink.mjs'), 'utf8');
  const body = `${comlink}\n(${runEngine.toString()})(expose, ${JSON.stringify(script)}, ${TOKEN_CHARACTERS});`;
  await page.route(/\/workers\/engine\.worker\//, async (route) => {
    const response = await route.fetch(); // for its headers, which isolate the page
    await route.fulfill({ response, body });
  });
}

/** Runs in the worker, so it may use nothing from outside. The shapes are those of `src/protocol/engine-api.ts`. */
function runEngine(expose: (api: object) => void, script: Script, tokenCharacters: number): void {
  const { text, tokensPerSecond, contextLength } = script;
  const stopped = new Set<string>();
  const device = { kind: 'webgpu', adapter: 'scripted', reason: null, features: [], limits: {} };
  const tokensOf = (words: string) => words.match(new RegExp(`[^]{1,${tokenCharacters}}`, 'g')) ?? [];
  const promptOf = (messages: readonly { role: string; content: string }[]) =>
    messages.map(({ role, content }) => `<|${role}|>\n${content}\n`).join('');

  expose({
    device: async () => device,
    load: async ({ modelId }: { modelId: string }) => ({
      ...{ modelId, label: modelId, contextLength, vocabSize: 1000, parameterCount: 1e6, weightBytes: 1e6, device },
    }),
    unload: async () => {},
    abort: async (requestId: string) => void stopped.add(requestId),
    tokenize: async (_modelId: string, words: string) => tokensOf(words).map((_, index) => index),
    async renderChat(_modelId: string, messages: { role: string; content: string }[]) {
      const rendered = promptOf(messages);
      const tokenTexts = tokensOf(rendered);
      return { text: rendered, tokenIds: tokenTexts.map((_, index) => index), tokenTexts };
    },
    async generate(
      { requestId, prompt }: { requestId: string; prompt: { messages: { role: string; content: string }[] } },
      onEvent: (event: object) => Promise<void>,
    ) {
      const beganMs = performance.now();
      const promptTokens = tokensOf(promptOf(prompt.messages)).length;
      const stats = (completionTokens: number) => ({
        ...{ promptTokens, completionTokens, timeToFirstTokenMs: 1, prefillTokensPerSecond: 1 },
        ...{ decodeTokensPerSecond: tokensPerSecond, totalMs: performance.now() - beganMs },
      });
      const tokens = tokensOf(text);
      let said = 0;
      while (said < tokens.length && !stopped.has(requestId)) {
        await new Promise((resolve) => setTimeout(resolve, 1000 / 60)); // as the real one, at most once a frame
        const due = Math.min(tokens.length, Math.ceil(((performance.now() - beganMs) / 1000) * tokensPerSecond));
        if (due === said) continue;
        await onEvent({ type: 'text', text: tokens.slice(said, due).join(''), tokenIds: [], stats: stats(due) });
        said = due;
      }
      const reason = stopped.has(requestId) ? 'aborted' : 'stop';
      await onEvent({ type: 'done', reason, stats: stats(said), seed: 1 });
    },
  });
}

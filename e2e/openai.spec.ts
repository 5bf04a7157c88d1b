/** The OpenAI wire in both directions: a developer's page asks the model of the page, and Hearth asks a server elsewhere. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type OpenAiPackage from 'openai';
import type * as Hearth from '../src/client';
import { expect, test } from './support/test';

/** The package as one script, as a developer's bundler would make it. */
async function bundleSdk(): Promise<string> {
  const outputs = await build({
    configFile: false,
    logLevel: 'warn',
    build: { write: false, lib: { entry: fileURLToPath(import.meta.resolve('openai')), formats: ['es'] } },
  });
  const [bundle] = [outputs].flat();
  if (!bundle || !('output' in bundle)) throw new Error('Vite has made no bundle of the openai package.');
  return bundle.output[0].code;
}

test('the openai package talks to the model of the page', { tag: '@adapter' }, async ({ page }) => {
  const sdk = await bundleSdk();
  await page.route('**/developer.html', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
  );
  await page.route('**/openai-sdk.js', (route) => route.fulfill({ contentType: 'text/javascript', body: sdk }));
  await page.goto('/developer.html');
  const told = await page.evaluate(
    async ([hearthUrl, sdkUrl]) => {
      const { hearth } = (await import(hearthUrl!)) as typeof Hearth;
      const { default: OpenAI } = (await import(sdkUrl!)) as { default: typeof OpenAiPackage };
      const openai = new OpenAI({
        baseURL: 'https://hearth.local/v1',
        apiKey: 'none',
        fetch: hearth.fetch,
        dangerouslyAllowBrowser: true,
      });
      const asked = {
        model: 'tales',
        messages: [{ role: 'user' as const, content: 'What is 7 + 5?' }],
        temperature: 0,
      };
      const whole = await openai.chat.completions.create({ ...asked, n: 2, logprobs: true, top_logprobs: 2 });

      let streamed = '';
      for await (const { choices } of await openai.chat.completions.create({ ...asked, stream: true })) {
        streamed += choices[0]?.delta.content ?? '';
      }

      const story = await openai.completions.create({ model: 'tales', prompt: 'Once upon a time', stream: true });
      for await (const _ of story) story.controller.abort();
      const idle = async () => {
        while ((await hearth.engineStats())[0]?.running !== 0) await new Promise((resolve) => setTimeout(resolve, 20));
      };
      await idle();

      const refusal = await openai.chat.completions
        .create({ ...asked, messages: [{ role: 'user', content: 'word '.repeat(1500) }] })
        .catch((error: unknown) => error as InstanceType<typeof OpenAI.APIError>);
      return {
        answers: whole.choices.map(({ message }) => message.content),
        spelled: whole.choices[0]?.logprobs?.content?.map(({ token }) => token).join(''),
        usage: whole.usage,
        streamed,
        refusal: refusal instanceof OpenAI.BadRequestError && refusal.code,
        firstModel: (await openai.models.list()).data[0]?.id,
      };
    },
    ['/hearth.js', '/openai-sdk.js'],
  );
  expect(told).toMatchObject({
    answers: ['7 + 5 = 12.', '7 + 5 = 12.'],
    spelled: '7 + 5 = 12.',
    streamed: '7 + 5 = 12.',
    refusal: 'context_length_exceeded',
    firstModel: 'tales',
  });
  expect(told.usage?.prompt_tokens).toBeGreaterThan(5);
});

test('a server elsewhere answers through the network thread', { tag: '@no-adapter' }, async ({ page }) => {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', 'authorization, content-type');
    if (request.method === 'OPTIONS') return void response.end();
    keys.push(request.headers.authorization);
    if (request.url === '/v1/models') return void response.end('{"data":[{"id":"big"}]}');
    response.setHeader('Content-Type', 'text/event-stream');
    response.end(
      'data: {"choices":[{"delta":{"reasoning_content":"A dog?"}}]}\n\n' +
        'data: {"choices":[{"delta":{"content":"A dog."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  await page.goto('/');
  const told = await page.evaluate(
    async ([hearthUrl, address]) => {
      const { hearth } = (await import(hearthUrl!)) as typeof Hearth;
      const { url } = await hearth.remote.addEndpoint(address!, 'secret');
      const [model] = await hearth.remote.models(url);
      let text = '';
      for await (const chunk of model!.chat([{ role: 'user', content: 'Hello' }])) text += chunk.text;
      return { text, endpoints: await hearth.remote.endpoints() };
    },
    ['/hearth.js', `http://127.0.0.1:${(server.address() as AddressInfo).port}`],
  );
  server.close();
  expect(told.text).toBe('<think>A dog?</think>\n\nA dog.');
  expect(told.endpoints).toMatchObject([{ hasKey: true }]);
  expect(keys).toEqual(['Bearer secret', 'Bearer secret']);
});

/** Compiled by WebAssembly in the engine's thread, whose own headers must allow that. */
test('an answer keeps to a JSON schema, and a mistake in one is told', async ({ page }) => {
  await page.goto('/');
  const told = await page.evaluate(async (hearthUrl) => {
    const { hearth } = (await import(hearthUrl)) as typeof Hearth;
    const ask = async (schema: object) => {
      const response = await hearth.fetch('https://hearth.local/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({
          model: 'tales',
          messages: [{ role: 'user', content: 'Tell me of an animal.' }],
          temperature: 1,
          response_format: { type: 'json_schema', json_schema: { name: 'animal', schema, strict: true } },
        }),
      });
      return { status: response.status, body: await response.json() };
    };
    const kind = { enum: ['dog', 'cat', 'duck'] };
    const age = { type: 'integer', minimum: 1, maximum: 20 };
    return {
      answer: await ask({ type: 'object', properties: { kind, age }, required: ['kind', 'age'] }),
      refusal: await ask({ type: 'string', pattern: '(a' }),
    };
  }, '/hearth.js');
  expect(told.answer.status).toBe(200);
  const [choice] = told.answer.body.choices;
  expect(choice.finish_reason).toBe('stop');
  expect(choice.message.content).toMatch(/^\{"kind": "(dog|cat|duck)", "age": ([1-9]|1\d|20)\}$/);
  expect(told.refusal).toMatchObject({ status: 400, body: { error: { param: 'response_format' } } });
});

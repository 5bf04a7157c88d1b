/**
 * The OpenAI wire: from a Request to a Response, over the models of this page. It knows no network, so whoever has a Request
 * may use it: `hearth.fetch`, and the bridge of an embedded frame.
 */
import { findModel } from '../../catalog/catalog';
import { HearthError } from '../../lib/errors';
import type { GenerationOptions, Prompt } from '../../protocol/generation';
import type { Answer, AnswerOptions } from '../answer';
import type { LocalModel } from '../local-model';
import { collectPieces, readAnswers, type ChoiceFigures, type Piece } from './answers';
import { ApiError, invalid, NO_RETRY, toApiError, toResponse } from './api-error';
import { createChatFormat } from './chat-format';
import { readChatRequest } from './chat-request';
import { createCompletionFormat } from './completion-format';
import { readCompletionRequest } from './completion-request';
import { respondWithEvents } from './event-stream';
import type { Format } from './format';
import { findModelObject, listModels, ModelKeeper, type ModelClient } from './models';
import { ReasoningSplitter } from './reasoning';
import { readBody, SEEDS, type AskedAnswers } from './request-fields';
import { toHearthFigures, toUsage } from './usage';

export interface HandlerParts {
  client: ModelClient;
  /** Answers under way and waiting at one time; what is asked beyond is refused with 429. */
  maxAnswers?: number;
  /** Prompts share what is cached only with prompts of the same salt; see `GenerationOptions`. */
  salt?: string;
}

/** Never rejects: what fails is a response as well, one that was aborted has the status 499. */
export type Handler = (request: Request) => Promise<Response>;

/** What `POST` on an endpoint that answers means. */
interface Endpoint {
  /** @returns `openFormat` to be called once it is known that so many answers may be asked for. */
  read(body: Record<string, unknown>): { asked: AskedAnswers; openFormat(): Format };
  /** The field that has the prompt, to be named where that is to blame. */
  promptField: string;
}

const ENDPOINTS: Record<string, Endpoint> = {
  'chat/completions': {
    promptField: 'messages',
    read(body) {
      const asked = readChatRequest(body);
      return { asked, openFormat: () => createChatFormat(asked.model) };
    },
  },
  completions: {
    promptField: 'prompt',
    read(body) {
      const asked = readCompletionRequest(body);
      const texts = asked.prompts.map((prompt) => (asked.echo && prompt.kind === 'text' ? prompt.text : ''));
      return {
        asked,
        openFormat: () =>
          createCompletionFormat(
            asked.model,
            texts.flatMap((text) => Array(asked.n).fill(text)),
          ),
      };
    },
  },
};

/** What OpenAI's API has and this does not, by the beginning of the path. */
const ABSENT = new Set([
  'assistants',
  'audio',
  'batches',
  'conversations',
  'embeddings',
  'evals',
  'files',
  'fine_tuning',
  'images',
  'moderations',
  'realtime',
  'responses',
  'threads',
  'uploads',
  'vector_stores',
  'videos',
]);

const MAX_ANSWERS = 128;

export function createHandler({ client, maxAnswers = MAX_ANSWERS, salt }: HandlerParts): Handler {
  const keeper = new ModelKeeper(client);
  let answerCount = 0;

  return async (request) => {
    try {
      return await route(request);
    } catch (error) {
      return toResponse(toApiError(error, null));
    }
  };

  async function route(request: Request): Promise<Response> {
    const path = pathOf(request);
    const endpoint = Object.hasOwn(ENDPOINTS, path) ? ENDPOINTS[path] : undefined;
    if (endpoint) {
      expectMethod(request, 'POST');
      return answer(request, endpoint);
    }
    if (path === 'models') {
      expectMethod(request, 'GET');
      return Response.json({ object: 'list', data: await listModels(client) });
    }
    if (path.startsWith('models/')) {
      expectMethod(request, 'GET');
      return Response.json(await findModelObject(client, path.slice('models/'.length)));
    }
    const [first = ''] = path.split('/');
    if (ABSENT.has(first)) {
      throw new ApiError(`Hearth has no "/v1/${first}"; it has /v1/chat/completions, /v1/completions and /v1/models.`, {
        status: 501,
        code: 'not_implemented',
        headers: NO_RETRY,
      });
    }
    throw new ApiError(`There is no "${path}"; expected /v1/chat/completions, /v1/completions or /v1/models.`, {
      status: 404,
      code: 'unknown_url',
    });
  }

  async function answer(request: Request, { read, promptField }: Endpoint): Promise<Response> {
    const { asked, openFormat } = read(await readBody(request));
    const count = asked.prompts.length * asked.n;
    if (count > maxAnswers) {
      throw invalid('n', `${count} answers are asked for at once; expected at most ${maxAnswers}.`);
    }
    const format = openFormat();
    const life = new AbortController();
    // The request is held on to until the end: a signal whose request is collected as garbage may never fire.
    const abort = () => life.abort(request.signal.reason);
    if (request.signal.aborted) abort();
    request.signal.addEventListener('abort', abort);

    const run = async (onBegin: () => void, onPiece: (piece: Piece) => void): Promise<ChoiceFigures[]> => {
      const release = admit(count);
      try {
        return await generate(asked, life.signal, onBegin, onPiece);
      } catch (error) {
        if (life.signal.aborted) throw new HearthError('aborted', 'The request was aborted.', { cause: error });
        throw toApiError(error, promptField);
      } finally {
        release();
        request.signal.removeEventListener('abort', abort);
      }
    };
    const costs = (figures: ChoiceFigures[]) => ({
      usage: toUsage(figures, asked.n),
      hearth: figures.map(toHearthFigures),
    });

    const { stream } = asked;
    if (stream === null) {
      const { choices, take } = collectPieces(count);
      const figures = await run(() => {}, take);
      return Response.json({ ...format.body(choices), ...costs(figures) });
    }
    return respondWithEvents({
      signal: life.signal,
      onCancel: (reason) => life.abort(reason),
      toApiError: (error) => toApiError(error, promptField),
      async write(send) {
        const sendChunk = (chunk: object) => send(stream.includeUsage ? { ...chunk, usage: null } : chunk);
        const figures = await run(
          () => format.opening(count).forEach(sendChunk),
          (piece) => format.chunks(piece).forEach(sendChunk),
        );
        if (stream.includeUsage) send({ ...format.usageChunk(), ...costs(figures) });
      },
    });
  }

  /** Makes room for so many answers. @returns what gives it back. @throws ApiError 429. */
  function admit(count: number): () => void {
    if (answerCount + count > maxAnswers) {
      throw new ApiError(
        `${answerCount} answers are under way, of ${maxAnswers} at most. Ask again when some have ended.`,
        {
          status: 429,
          code: 'rate_limit_exceeded',
          headers: { 'Retry-After': '1' },
        },
      );
    }
    answerCount += count;
    return () => {
      answerCount -= count;
    };
  }

  /** @param onBegin called once, before the first piece, when a prompt is being read. */
  async function generate(
    { model: name, prompts, n, options }: AskedAnswers,
    signal: AbortSignal,
    onBegin: () => void,
    onPiece: (piece: Piece) => void,
  ): Promise<ChoiceFigures[]> {
    const model = await keeper.take(name, signal);
    try {
      assertBiasFits(options, model);
      let hasBegun = false;
      const begin = () => {
        if (!hasBegun) onBegin();
        hasBegun = true;
      };
      const shared: AnswerOptions = {
        ...findModel(model.id)?.sampling,
        ...options,
        ...(salt !== undefined && { salt }),
        signal,
        onPrefill: begin,
      };
      const mayThink = prompts[0]?.kind === 'chat' && !options.grammar; // a grammar begins with the first token
      const opened = mayThink && (await opensReasoning(model));
      const answers = prompts.flatMap((prompt) =>
        Array.from({ length: n }, (_, i) => ({
          answer: ask(model, prompt, { ...shared, ...seedOf(options, i) }),
          splitter: mayThink ? new ReasoningSplitter(opened) : null,
        })),
      );
      return await readAnswers(answers, (piece) => {
        begin();
        onPiece(piece);
      });
    } finally {
      await keeper.giveBack(name, model);
    }
  }
}

/** What follows "/v1/" in the address, or the whole path where nothing does; without slashes of its own at either end. */
function pathOf(request: Request): string {
  const { pathname } = new URL(request.url);
  const [, path = pathname] = /\/v1(\/.*)$/.exec(pathname) ?? [];
  const bare = path.replace(/^\/+|\/+$/g, '');
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
}

/** @throws ApiError 405. */
function expectMethod({ method, url }: Request, expected: 'GET' | 'POST'): void {
  if (method === expected) return;
  throw new ApiError(`${new URL(url).pathname} was asked with ${method}; expected ${expected}.`, {
    status: 405,
    code: 'method_not_allowed',
    headers: { Allow: expected },
  });
}

function ask(model: LocalModel, prompt: Prompt, options: AnswerOptions): Answer {
  return prompt.kind === 'chat' ? model.chat(prompt.messages, options) : model.complete(prompt.text, options);
}

/** Answers of one seed would all be the same, so each has the next one. */
function seedOf({ seed }: GenerationOptions, index: number): Pick<GenerationOptions, 'seed'> {
  return seed === undefined ? {} : { seed: (seed + index) % SEEDS };
}

/** Whether this model's template begins every answer with thinking. */
async function opensReasoning(model: LocalModel): Promise<boolean> {
  const { text } = await model.renderChat([{ role: 'user', content: 'Hello' }]);
  return text.trimEnd().endsWith('<think>');
}

/** @throws ApiError 400. */
function assertBiasFits({ logitBias = {} }: GenerationOptions, { vocabSize }: LocalModel): void {
  const unknown = Object.keys(logitBias).find((id) => Number(id) >= vocabSize);
  if (unknown !== undefined) {
    throw invalid(
      'logit_bias',
      `"logit_bias" names the token ${unknown}; this model's tokens are 0 to ${vocabSize - 1}.`,
    );
  }
}

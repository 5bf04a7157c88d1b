/**
 * One request to a server that a person has entered, and its failures in the house's words. The key goes to that server
 * alone: nothing follows a redirect, and no cookie, referrer or cache takes part.
 */
import * as v from 'valibot';
import { HearthError, isAbort, throwIfAborted, type ErrorCode } from '../lib/errors';
import { log } from '../lib/log';
import type { StoredEndpoint } from './endpoints';
import { readText } from './read-text';

/** No reason is longer that anybody reads. */
const MAX_REASON_BYTES = 64 * 1024;
const MAX_REASON_CHARACTERS = 500;

/** The next move after a failure that is the server's own. */
export const TRY_AGAIN = 'Try again; the log of the server may say more.';

const shorten = (text: string) =>
  text.length <= MAX_REASON_CHARACTERS ? text : `${text.slice(0, MAX_REASON_CHARACTERS)}…`;

/** How these servers tell failures; some send the text alone. */
const failure = v.union([
  v.pipe(
    v.object({ error: v.object({ message: v.string(), code: v.nullish(v.union([v.string(), v.number()])) }) }),
    v.transform(({ error: { message, code } }) => ({ message: shorten(message), code })),
  ),
  v.pipe(
    v.object({ error: v.string() }),
    v.transform(({ error: message }) => ({ message: shorten(message), code: null })),
  ),
]);

/**
 * Asks, and waits for the head of the response.
 * @param body posted as JSON; without one it is a GET.
 * @throws HearthError `network`, `not-found`, `bad-request`, `refused`, `rate-limited`, `context-overflow`, `aborted`.
 */
export async function ask(
  { url, key }: StoredEndpoint,
  path: string,
  { body, signal }: { body?: object; signal: AbortSignal },
): Promise<Response> {
  throwIfAborted(signal);
  const response = await fetch(url + path, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(body && { 'Content-Type': 'application/json' }),
      ...(key !== null && { Authorization: `Bearer ${key}` }),
    },
    body: body && JSON.stringify(body),
    signal,
    redirect: 'error',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
  }).catch((error: unknown): never => {
    throwIfAborted(signal);
    log.warning('server-unreachable', { host: new URL(url).host, path });
    throw new HearthError('network', `The server ${url} could not be reached, or does not let this page ask it.`, {
      hint: `Check that it runs and that it allows the origin of this page (CORS).${isOpenFromHere(url) ? '' : ' Hearth has to be started with its address in HEARTH_CONNECT.'}`,
      cause: error,
    });
  });
  log.info('server-answered', { host: new URL(url).host, path, status: response.status });
  if (response.ok) return response;
  const failed = await readFailure(url, response);
  throwIfAborted(signal); // who has stopped waiting hears of that alone
  throw failed;
}

/** Whether the content security policy of this thread lets a server be asked without further ado (`scripts/serve.mjs`). */
function isOpenFromHere(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || ['localhost', '127.0.0.1'].includes(hostname);
}

async function readFailure(url: string, response: Response): Promise<HearthError> {
  const { status } = response;
  const text = await readText(response, MAX_REASON_BYTES).catch(() => '');
  const said = toFailure(parseJson(text));
  const words = said?.message ?? (text.slice(0, 200) || response.statusText);
  const message = `The server ${url} answered ${status}: ${words || 'no reason given'}`;
  if (status === 401 || status === 403) return new HearthError('refused', message, { hint: 'Check the key.' });
  if (status === 429) return new HearthError('rate-limited', message, { hint: 'Wait a little, then ask again.' });
  const isTooLong = said?.code === 'context_length_exceeded' || /context (length|size|window)/i.test(words);
  if (status < 500 && isTooLong) return new HearthError('context-overflow', message);
  const [code, hint] = meaningOf(status);
  return new HearthError(code, message, { hint });
}

function meaningOf(status: number): [ErrorCode, hint: string] {
  if (status === 404) return ['not-found', 'Check the address, and whether the server still has this model.'];
  return status >= 400 && status < 500
    ? ['bad-request', 'Check what is asked of it, such as an option that not every server knows.']
    : ['network', TRY_AGAIN];
}

/** What a server says has failed, or null where this is no failure. */
export function toFailure(data: unknown): { message: string; code?: string | number | null } | null {
  const result = v.safeParse(failure, data);
  return result.success ? result.output : null;
}

/** Undefined for what is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A body that broke off, as an error of ours. @throws HearthError. */
export function throwBroken(url: string, signal: AbortSignal, error: unknown): never {
  throwIfAborted(signal);
  if (error instanceof HearthError || isAbort(error)) throw error;
  throw new HearthError('network', `The connection to ${url} broke off in the middle of the answer.`, {
    hint: TRY_AGAIN,
    cause: error,
  });
}

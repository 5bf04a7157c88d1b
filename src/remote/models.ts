/** The models that a server elsewhere says it has. */
import * as v from 'valibot';
import { HearthError, isAbort, throwIfAborted } from '../lib/errors';
import { ask, parseJson, throwBroken } from './ask';
import type { StoredEndpoint } from './endpoints';
import { readText } from './read-text';

/** Enough for ten thousand models that tell much of themselves; what is longer is cut, and so no list. */
const MAX_LIST_BYTES = 16 * 1024 * 1024;

/** A machine that is off or behind a firewall may not even refuse; a browser alone would wait for minutes. */
const PATIENCE_MS = 20_000;

/** More than any server has, and than a page can draw; of a name that is longer nothing is ever asked. */
const MAX_MODELS = 10_000;
const MAX_NAME_CHARACTERS = 1000;

const listSchema = v.object({ data: v.array(v.object({ id: v.string() })) });

/**
 * Their names, each once, in the server's order.
 * @throws HearthError as `ask`; `network` also where the server takes its time; `bad-file` for what is no list of models.
 */
export async function listRemoteModels(
  endpoint: StoredEndpoint,
  signal: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<string[]> {
  const text = await fetchPatiently(endpoint, signal, patienceMs);
  const list = v.safeParse(listSchema, parseJson(text));
  if (list.success) {
    const names = list.output.data.map(({ id }) => id).filter((id) => id.length <= MAX_NAME_CHARACTERS);
    return [...new Set(names)].slice(0, MAX_MODELS);
  }
  throw new HearthError('bad-file', `The server ${endpoint.url} sent no list of models, but "${text.slice(0, 80)}".`, {
    hint: 'Check that the address is that of an OpenAI-compatible API.',
  });
}

async function fetchPatiently(endpoint: StoredEndpoint, signal: AbortSignal, patienceMs: number): Promise<string> {
  throwIfAborted(signal);
  // Not AbortSignal.any over AbortSignal.timeout: Node may collect that as garbage before it fires.
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, patienceMs);
  signal.addEventListener('abort', end);
  try {
    return await fetchList(endpoint, ending.signal);
  } catch (error) {
    throwIfAborted(signal);
    if (!isAbort(error)) throw error;
    throw new HearthError('network', `The server ${endpoint.url} has not answered within ${patienceMs / 1000} s.`, {
      hint: 'Check its address, that it runs, and that no firewall is in between.',
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

async function fetchList(endpoint: StoredEndpoint, signal: AbortSignal): Promise<string> {
  const response = await ask(endpoint, '/models', { signal });
  return readText(response, MAX_LIST_BYTES).catch((error: unknown) => throwBroken(endpoint.url, signal, error));
}

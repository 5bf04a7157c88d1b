/**
 * Which sites may put this Hearth into a frame, as the owner of this site has written it in `embed-origins.json`. Servers make
 * their `frame-ancestors` of the same file (scripts/headers.mjs); the frame reads it too, for hosts that send no headers.
 */
import * as v from 'valibot';
import { HearthError } from '../lib/errors';

const schema = v.array(v.string());

/** @throws HearthError `refused`, also where the list cannot be read: whoever is not known to be allowed is not. */
export async function assertOwnerAllows(origin: string, fetchList: () => Promise<Response>): Promise<void> {
  const list = await readList(fetchList);
  if (list.some((source) => matches(source, origin))) return;
  throw new HearthError('refused', `The owner of this Hearth does not let ${origin} use it in a frame.`, {
    hint: 'Ask the owner to add the origin to embed-origins.json.',
  });
}

async function readList(fetchList: () => Promise<Response>): Promise<string[]> {
  try {
    const response = await fetchList();
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    return v.parse(schema, await response.json());
  } catch (error) {
    throw new HearthError('refused', 'The list of sites that may use this Hearth in a frame could not be read.', {
      hint: 'Check that embed-origins.json is there and is a list of origins, then reload the page.',
      cause: error,
    });
  }
}

/** A source as `frame-ancestors` has it: `*`, an origin, or one with `*.` before its host or `*` for its port. */
function matches(source: string, origin: string): boolean {
  if (source === '*') return true;
  const [, scheme, anyBefore, host, port = ''] = /^(https?:)\/\/(\*\.)?([^:/]+)(?::(\d+|\*))?$/i.exec(source) ?? [];
  if (scheme === undefined || host === undefined) return false;
  const url = new URL(origin);
  const isHost = anyBefore ? url.hostname.endsWith(`.${host.toLowerCase()}`) : url.hostname === host.toLowerCase();
  const isPort = port === '*' || (port === DEFAULT_PORTS.get(scheme) ? '' : port) === url.port;
  return url.protocol === scheme && isHost && isPort;
}

/** An origin does not tell its usual port. */
const DEFAULT_PORTS = new Map([
  ['http:', '80'],
  ['https:', '443'],
]);

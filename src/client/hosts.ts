/** Hosts as people write them, held against what a browser needs. */
import { HearthError } from '../lib/errors';

/** The address of a hub without its last slash. @throws HearthError `bad-request`. */
export function hubAddress(text: string): string {
  const { origin, pathname } = parse(text);
  return (origin + pathname).replace(/\/+$/, '');
}

/** The origin that a token is kept for. @throws HearthError `bad-request` also where the line could be listened to. */
export function tokenOrigin(text: string): string {
  const { origin, protocol, hostname } = parse(text);
  const isOwnMachine = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  if (protocol === 'https:' || isOwnMachine) return origin;
  throw new HearthError('bad-request', `${origin} is reached over plain http; expected https for a host with a token.`);
}

function parse(text: string): URL {
  const address = /^https?:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  // No browser fetches from an address with a name or password in it.
  if (url?.username === '' && url.password === '') return url;
  throw new HearthError('bad-request', `"${text}" is no host; expected one like huggingface.co, or its address.`);
}

/** Tokens and keys as people paste them. */
import { HearthError } from './errors';

/**
 * The token without the white space around it; null for none.
 * @throws HearthError `bad-request` for what no header can carry: a request with it would fail as if there were no connection.
 */
export function readToken(text: string | null): string | null {
  const token = text?.trim() ?? '';
  if (token === '') return null;
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new HearthError('bad-request', 'The token has spaces or characters in it that no token has.', {
    hint: 'Copy it again, and nothing but the token.',
  });
}

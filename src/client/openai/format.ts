/** How an endpoint writes pieces of choices: one by one into a stream, or all of them into one body. */
import { version } from '../../lib/version';
import type { Piece } from './answers';

export interface Format {
  /** Where a stream begins, before the first piece: data of its first events. */
  opening(count: number): object[];
  /** Data of the events for one piece. */
  chunks(piece: Piece): object[];
  /** The data that carries the usage, which has no choices. */
  usageChunk(): object;
  /** The whole body, without its usage. */
  body(choices: readonly Piece[]): object;
}

/** What every chunk and body of a response says alike. */
export interface Head {
  id: string;
  /** Seconds since 1970. */
  created: number;
  model: string;
  system_fingerprint: string;
}

/** @param prefix e.g. "chatcmpl". */
export function makeHead(prefix: string, model: string): Head {
  // Not crypto.randomUUID, which is missing on plain http.
  const random = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0'));
  return {
    id: `${prefix}-${random.join('')}`,
    created: Math.floor(Date.now() / 1000),
    model,
    system_fingerprint: `hearth-${version}`,
  };
}

/** JSON has no infinity; this is what OpenAI's API says of tokens that cannot come. */
const LEAST_LOGPROB = -9999;
export const toLogprob = (logprob: number) => Math.max(logprob, LEAST_LOGPROB);

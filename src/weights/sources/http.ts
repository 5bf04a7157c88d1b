/**
 * The one door to other hosts: every request of the network thread goes through here. Only hosts that a person (or the code of
 * this page) has chosen are asked; where they redirect to is theirs to say. A token goes to the host it was given for and to no
 * other: browsers drop Authorization when a redirect leads to another origin.
 */
import { HearthError } from '../../lib/errors';

/** As the browser's own `fetch`. */
export type Get = (url: string, init: RequestInit) => Promise<Response>;

export interface Access {
  /** Origins that may be asked, e.g. "https://huggingface.co". */
  origins: readonly string[];
  /** Whether another may be asked as well. */
  isAllowed?: (origin: string) => Promise<boolean>;
  /** What a host wants to see before it gives; null for nothing. */
  tokenFor?: (origin: string) => Promise<string | null>;
}

/** Requests to hosts that may be asked, and a refusal of all others: HearthError `bad-request`, before anything is sent. */
export function getWith({ origins, isAllowed, tokenFor }: Access): Get {
  const allowed = new Set(origins);
  return async (url, init) => {
    const { origin, host } = new URL(url);
    if (!allowed.has(origin) && !(await isAllowed?.(origin))) {
      throw new HearthError('bad-request', `${host} is not among the hosts that may be asked for this model.`, {
        hint: `Check that you trust ${host}, then allow it and try again.`,
      });
    }
    const token = (await tokenFor?.(origin)) ?? null;
    if (token === null) return fetch(url, init);
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${token}`);
    return fetch(url, { ...init, headers });
  };
}

/**
 * Whether the person allows what a host wants. Asked once for each model, and a yes is remembered; a no stands until the frame is
 * opened again, so that nobody is asked until they give in.
 */
import { allowSite, isAllowed, readAllowedSites, type SiteStorage } from '../client/allowed-sites';
import { HearthError, throwIfAborted } from '../lib/errors';
import type { EmbedUse } from '../protocol/embed-api';

export interface Question {
  /** The host's, as the browser has told it. */
  origin: string;
  use: EmbedUse;
  /** The id of a model of the catalogue. */
  model: string;
}

export interface GateParts {
  origin: string;
  use: EmbedUse;
  /** Null where this frame has no storage: a yes then lasts as long as the frame. */
  storage: SiteStorage | null;
  /** Shows a question to the person. */
  ask(question: Question): Promise<boolean>;
}

/** Resolves when the model may be used. @throws HearthError `refused`, `aborted`. */
export type Permit = (model: string, signal?: AbortSignal) => Promise<void>;

export function createGate({ origin, use, storage, ask }: GateParts): Permit {
  const answers = new Map<string, Promise<boolean>>();
  /** Questions are put one after another. */
  let last: Promise<unknown> = Promise.resolve();

  function askOnce(model: string): Promise<boolean> {
    const known = answers.get(model);
    if (known) return known;
    const answer = last
      .then(() => ask({ origin, use, model }))
      .then((isYes) => {
        if (isYes) remember(model);
        return isYes;
      });
    answers.set(model, answer);
    last = answer.catch(() => {});
    return answer;
  }

  function remember(model: string): void {
    try {
      if (storage) allowSite(storage, { origin, use, model, now: new Date() });
    } catch {
      // It is full: the yes lasts as long as the frame.
    }
  }

  return async (model, signal) => {
    throwIfAborted(signal);
    if (isAllowed(readAllowedSites(storage), origin, use, model) || (await askOnce(model))) {
      throwIfAborted(signal);
      return;
    }
    throw new HearthError('refused', `The person at this page does not let ${origin} use the model ${model}.`, {
      hint: 'Reload the page to ask again.',
    });
  };
}

/**
 * Whether the person allows what a host wants. Asked once for each model, and a yes is remembered; a no stands until the frame is
 * opened again, which a host can do at will: after the third no a tab asks no more, so that nobody is asked until they give in.
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
  /** As `sessionStorage`, where a no is counted; null where this frame has none. */
  tabStorage: SiteStorage | null;
  /** Shows a question to the person. */
  ask(question: Question): Promise<boolean>;
}

/** Resolves when the model may be used. @throws HearthError `refused`, `aborted`. */
export type Permit = (model: string, signal?: AbortSignal) => Promise<void>;

const MAX_REFUSALS = 3;

export function createGate({ origin, use, storage, tabStorage, ask }: GateParts): Permit {
  const refusalsKey = `hearth.embed-refusals ${origin}`;
  const answers = new Map<string, Promise<boolean>>();
  /** Questions are put one after another. */
  let last: Promise<unknown> = Promise.resolve();

  function askOnce(model: string): Promise<boolean> {
    const known = answers.get(model);
    if (known) return known;
    const answer = last
      .then(() => countRefusals() < MAX_REFUSALS && ask({ origin, use, model }))
      .then((isYes) => {
        if (isYes) remember(model);
        else noteRefusal();
        return isYes;
      });
    answers.set(model, answer);
    last = answer.catch(() => {});
    return answer;
  }

  function countRefusals(): number {
    try {
      return Number(tabStorage?.getItem(refusalsKey) ?? 0);
    } catch {
      return 0;
    }
  }

  function noteRefusal(): void {
    try {
      tabStorage?.setItem(refusalsKey, String(countRefusals() + 1));
    } catch {
      // It is full: the no lasts as long as the frame.
    }
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
      hint:
        countRefusals() < MAX_REFUSALS ? 'Reload the page to ask again.' : 'Open the page in a new tab to ask again.',
    });
  };
}

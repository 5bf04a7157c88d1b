/** Which smaller model guesses ahead for a model, where the engine lets one do so. */
import { findModel } from '../../catalog/catalog';
import { SPECULATION } from '../../client';
import type { Settings } from '../settings/settings';

/** The draft model that the catalogue names for this one; null where there is none, or no engine for it. */
export function draftOf(modelId: string): string | null {
  return SPECULATION ? (findModel(modelId)?.draft ?? null) : null;
}

/** The draft model that this one is to be loaded with, as the person has chosen. */
export function wantedDraft({ useDraft }: Pick<Settings, 'useDraft'>, modelId: string): string | null {
  return useDraft ? draftOf(modelId) : null;
}

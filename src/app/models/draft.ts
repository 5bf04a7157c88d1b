/**
 * Which smaller model guesses ahead for a model, where the engine lets one do so: the catalogue's choice, else the largest of
 * those with the same vocabulary that are a good deal smaller. A draft that would have to come from another site counts once it
 * is here: nobody is to find that loading one model has downloaded two.
 */
import { findModel } from '../../catalog/catalog';
import { SPECULATION, type ModelReport } from '../../client';
import type { AppState } from '../state/store';

/** A draft saves time where it is at least so many times smaller. */
const SMALLER = 4;

/** Null where there is none, or no engine for it. */
export function draftOf({ modelReports }: Pick<AppState, 'modelReports'>, modelId: string): string | null {
  if (!SPECULATION) return null;
  const reports = new Map(modelReports?.map((report) => [report.modelId, report]));
  const own = reports.get(modelId);
  const named = findModel(modelId)?.draft;
  if (named !== undefined && isAtHand(named, reports.get(named)) && !isOther(own, reports.get(named))) return named;
  if (!own || own.vocabulary === null) return null;
  const fitting = [...reports.values()].filter(
    ({ state, vocabulary, parameterCount }) =>
      state === 'stored' && vocabulary === own.vocabulary && SMALLER * parameterCount <= own.parameterCount,
  );
  const [best] = fitting.sort((a, b) => b.parameterCount - a.parameterCount);
  return best?.modelId ?? null;
}

/** The draft that the catalogue names and that is still to be had from another site; null for none. */
export function draftToGet({ modelReports }: Pick<AppState, 'modelReports'>, modelId: string): string | null {
  const named = SPECULATION ? findModel(modelId)?.draft : undefined;
  if (named === undefined || draftOf({ modelReports }, modelId) !== null) return null;
  const report = modelReports?.find((one) => one.modelId === named);
  return report && !isAtHand(named, report) ? named : null;
}

/** The draft model that this one is to be loaded with, as the person has chosen. */
export function wantedDraft(
  { settings, modelReports }: Pick<AppState, 'modelReports'> & { settings: Pick<AppState['settings'], 'useDraft'> },
  modelId: string,
): string | null {
  return settings.useDraft ? draftOf({ modelReports }, modelId) : null;
}

/** This site's own, or here already. */
function isAtHand(modelId: string, report: ModelReport | undefined): boolean {
  return findModel(modelId)?.path !== undefined || report?.state === 'stored' || report?.state === 'in-memory';
}

/** Known to speak in other tokens. */
function isOther(model: ModelReport | undefined, draft: ModelReport | undefined): boolean {
  return !!model?.vocabulary && !!draft?.vocabulary && model.vocabulary !== draft.vocabulary;
}

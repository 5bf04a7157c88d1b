/** One polite status for the shelf: a phase that has begun, or what has come to its end. Figures are the bars' to tell. */
import { useApp } from '../state/use-app';
import type { AppState } from '../state/store';
import { labelOf } from './names';
import { strings } from './strings';

export function ShelfStatus() {
  const words = useApp(sayShelf);
  return (
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here
    <p className="visually-hidden" role="status" aria-label={strings.shelfStatus}>
      {words}
    </p>
  );
}

function sayShelf({ transfers, modelId, modelState, shelfNews, modelNames }: AppState): string {
  const loading = modelState.kind === 'loading' ? [[modelId, modelState] as const] : [];
  const [running] = [...transfers, ...loading];
  if (running) {
    const [id, { progress }] = running;
    return progress ? strings.progressOf({ model: labelOf(modelNames, id), phase: strings.phase[progress.phase] }) : '';
  }
  return shelfNews ? strings.news[shelfNews.kind]({ model: labelOf(modelNames, shelfNews.modelId) }) : '';
}

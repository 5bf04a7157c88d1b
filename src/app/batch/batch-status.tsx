/** One polite status for the batch: that it has begun or come to rest. Figures on the way are the bar's to tell. */
import { useApp } from '../state/use-app';
import { modelLabel } from '../state/model-slice';
import type { AppState } from '../state/store';
import { strings } from './strings';
import { tableOf } from './prompt-table';

export function BatchStatus() {
  const words = useApp(sayBatch);
  return (
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here
    <p className="visually-hidden" role="status" aria-label={strings.status}>
      {words}
    </p>
  );
}

function sayBatch(state: AppState): string {
  const { batch, batchPhase, batchResults, lastRun } = state;
  if (batchPhase === 'starting') return strings.says.starting({ model: modelLabel(state) });
  if (batchPhase !== 'idle') return strings.says[batchPhase];
  if (!batch || !lastRun) return '';
  const rows = tableOf(batch.file).rows.length;
  const failed = [...batchResults.values()].filter(({ finishReason }) => finishReason === 'failed').length;
  const done = batchResults.size - failed;
  return batchResults.size < rows ? strings.says.paused({ done, rows }) : strings.says.finished({ done, rows, failed });
}

/** One row as it stands: waiting, being answered, or ended. */
import { useShallow } from 'zustand/react/shallow';
import type { AppState } from '../state/store';
import { useApp } from '../state/use-app';
import type { RowResult } from './types';

export interface RowView {
  state: RowResult['finishReason'] | 'waiting' | 'live';
  /** The answer so far; of a failed row, why it failed. */
  text: string;
  /** Written ones. */
  tokens: number;
}

export function useRow(row: number): RowView {
  return useApp(useShallow((state) => viewOf(state, row)));
}

function viewOf({ batchResults, batchLive }: AppState, row: number): RowView {
  const result = batchResults.get(row);
  if (result) {
    const { finishReason, answer, error = '', completionTokens } = result;
    return { state: finishReason, text: finishReason === 'failed' ? error : answer, tokens: completionTokens };
  }
  const live = batchLive.get(row);
  return live ? { state: 'live', ...live } : { state: 'waiting', text: '', tokens: 0 };
}

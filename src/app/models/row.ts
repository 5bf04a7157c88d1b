/** One model as the shelf shows it: in which state it is, what its button does, and how far it has come. */
import type { LocalModel, ModelReport } from '../../client';
import type { PacedProgress } from '../state/pace';
import type { AppState } from '../state/store';
import { wantedDraft } from './draft';

export type RowState =
  | 'absent'
  | 'getting'
  | 'elsewhere' // another tab is fetching it
  | 'paused'
  | 'here'
  | 'inMemory'
  | 'loading'
  | 'loaded' // beside the one in use
  | 'inUse'
  | 'verifying'
  | 'exporting';

export type RowAction = 'get' | 'pause' | 'resume' | 'load' | 'loadAgain' | 'cancel' | 'unload' | 'use';

export interface Row {
  state: RowState;
  /** Null while there is nothing to do but wait. */
  action: RowAction | null;
  /** Null when nothing is under way, or nothing is known of it yet. */
  progress: PacedProgress | null;
  loaded: LocalModel | null;
}

type RowSource = Pick<
  AppState,
  'transfers' | 'modelId' | 'modelState' | 'loadedModels' | 'contextLengths' | 'modelReports' | 'settings'
>;

export function rowOf(state: RowSource, report: ModelReport): Row {
  const { modelId } = report;
  const { modelState } = state;
  const loaded = state.loadedModels.get(modelId) ?? null;
  const transfer = state.transfers.get(modelId);
  if (transfer) {
    const { kind, progress } = transfer;
    return { state: TRANSFER_STATES[kind], action: stopOf(kind), progress, loaded };
  }
  const isSelected = state.modelId === modelId;
  if (isSelected && modelState.kind === 'loading') {
    const { progress } = modelState;
    const isFetching = progress !== null && progress.phase !== 'upload' && progress.phase !== 'compile';
    return isFetching && report.state !== 'stored'
      ? { state: 'getting', action: 'pause', progress, loaded }
      : { state: 'loading', action: 'cancel', progress, loaded };
  }
  if (loaded) {
    const isInUse = isSelected && modelState.kind === 'ready';
    const action = !isLoadedAsWanted(state, loaded) ? 'loadAgain' : isInUse ? 'unload' : 'use';
    return { state: isInUse ? 'inUse' : 'loaded', action, progress: null, loaded };
  }
  return { ...restingRow(report), progress: null, loaded };
}

/** Whether what a person has chosen since would load it otherwise. */
export function isLoadedAsWanted(
  state: Pick<AppState, 'contextLengths' | 'settings' | 'modelReports'>,
  loaded: LocalModel,
): boolean {
  const { id, contextLength, draftModelId } = loaded;
  return (state.contextLengths[id] ?? contextLength) === contextLength && wantedDraft(state, id) === draftModelId;
}

function restingRow({ state, fetching }: ModelReport): Pick<Row, 'state' | 'action'> {
  if (fetching) return { state: 'elsewhere', action: null };
  switch (state) {
    case 'absent':
      return { state: 'absent', action: 'get' };
    case 'partial':
      return { state: 'paused', action: 'resume' };
    case 'stored':
      return { state: 'here', action: 'load' };
    case 'in-memory':
      return { state: 'inMemory', action: 'load' };
  }
}

const TRANSFER_STATES = { get: 'getting', verify: 'verifying', export: 'exporting' } as const;

function stopOf(kind: keyof typeof TRANSFER_STATES): RowAction {
  return kind === 'get' ? 'pause' : 'cancel';
}

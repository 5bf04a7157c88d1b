/** Asks before a model is deleted: what goes, and what it takes to have it again. */
import { findModel } from '../../catalog/catalog';
import type { ModelReport } from '../../client';
import { formatBytes } from '../format';
import { useApp } from '../state/use-app';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { useLabels } from './use-labels';
import type { Row } from './row';
import { strings } from './strings';

interface DeleteDialogProps {
  readonly report: ModelReport;
  readonly row: Row;
  readonly onClose: () => void;
}

export function DeleteDialog({ report, row, onClose }: DeleteDialogProps) {
  const { modelId, storedBytes } = report;
  const labelOf = useLabels();
  const deleteModel = useApp((state) => state.deleteModel);
  const entry = findModel(modelId);
  const size = formatBytes(storedBytes);
  return (
    <ConfirmDialog
      title={strings.deleteTitle({ model: labelOf(modelId) })}
      keep={strings.keepIt}
      action={strings.deleteNow}
      onConfirm={() => void deleteModel(modelId)}
      onClose={onClose}
    >
      {entry
        ? strings.deleteStored({ size, download: formatBytes(entry.downloadBytes) })
        : strings.deleteUnknown({ size })}
      {row.loaded && ` ${strings.deleteLoaded}`}
    </ConfirmDialog>
  );
}

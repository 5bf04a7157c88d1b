/** Whether a model is loaded with its draft model; nothing for those that have none. */
import { findModel } from '../../catalog/catalog';
import { formatBytes } from '../format';
import { CheckField } from '../settings/fields';
import { useApp } from '../state/use-app';
import { draftOf } from './draft';
import { useLabels } from './use-labels';
import { strings } from './strings';

export function DraftChoice({ modelId }: { readonly modelId: string }) {
  const useDraft = useApp(({ settings }) => settings.useDraft);
  const changeSettings = useApp((state) => state.changeSettings);
  const labelOf = useLabels();
  const draftId = draftOf(modelId);
  const size = findModel(draftId ?? '')?.downloadBytes;
  if (draftId === null || size === undefined) return null;
  return (
    <CheckField
      label={strings.draft({ draft: labelOf(draftId) })}
      help={strings.draftHelp({ draft: labelOf(draftId), model: labelOf(modelId), size: formatBytes(size) })}
      checked={useDraft}
      onChange={(checked) => changeSettings({ useDraft: checked })}
    />
  );
}

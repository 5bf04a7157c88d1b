/** Whether a model is loaded with its draft model; nothing for those that have none. */
import { findModel } from '../../catalog/catalog';
import { formatBytes } from '../format';
import { CheckField } from '../settings/fields';
import { useApp } from '../state/use-app';
import { draftOf, draftToGet } from './draft';
import { useLabels } from './use-labels';
import { strings } from './strings';

export function DraftChoice({ modelId }: { readonly modelId: string }) {
  const useDraft = useApp(({ settings }) => settings.useDraft);
  const changeSettings = useApp((state) => state.changeSettings);
  const labelOf = useLabels();
  const draftId = useApp((state) => draftOf(state, modelId));
  const toGet = useApp((state) => draftToGet(state, modelId));
  if (toGet !== null) {
    return <p className="card-line">{strings.draftToGet({ draft: labelOf(toGet), model: labelOf(modelId) })}</p>;
  }
  if (draftId === null) return null;
  const names = { draft: labelOf(draftId), model: labelOf(modelId) };
  const size = findModel(draftId)?.downloadBytes;
  return (
    <CheckField
      label={strings.draft(names)}
      help={size === undefined ? strings.draftHere(names) : strings.draftHelp({ ...names, size: formatBytes(size) })}
      checked={useDraft}
      onChange={(checked) => changeSettings({ useDraft: checked })}
    />
  );
}

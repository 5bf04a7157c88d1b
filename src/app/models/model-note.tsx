/** What came of the last thing done to a model: an error with its next move, a warning, or what a check has found. */
import { findModel } from '../../catalog/catalog';
import type { ModelReport } from '../../client';
import { formatBytes } from '../format';
import { useApp } from '../state/use-app';
import { ProblemWords } from '../ui/problem-words';
import { strings } from './strings';

export function ModelNoteLine({ report: { modelId, state, precision, from } }: { readonly report: ModelReport }) {
  const note = useApp(({ modelNotes }) => modelNotes.get(modelId));
  const getModel = useApp((state) => state.getModel);
  const useModel = useApp((state) => state.useModel);
  const deleteModel = useApp((state) => state.deleteModel);
  const repairModel = useApp((state) => state.repairModel);

  const getAgain = async () => {
    // Where it came from is forgotten with it.
    const source = findModel(modelId) || from === null ? modelId : { id: modelId, from };
    await deleteModel(modelId);
    await getModel(modelId, { source, precision });
  };

  if (!note) return null;
  switch (note.kind) {
    case 'problem': {
      const isBroken = note.error.code === 'weights-corrupt';
      const isHere = state === 'stored' || state === 'in-memory';
      const retry = isBroken ? getAgain : () => (isHere ? useModel(modelId) : getModel(modelId));
      return (
        <div className="problem card-note" role="alert">
          <ProblemWords problem={note.error} />
          <button type="button" className="edged-button" onClick={() => void retry()}>
            {isBroken ? strings.getAgain : strings.tryAgain}
          </button>
        </div>
      );
    }
    case 'damaged':
      return (
        <div className="problem card-note" role="alert">
          <p className="problem-message">{strings.damaged({ damaged: note.damaged, shards: note.shards })}</p>
          <button type="button" className="edged-button" onClick={() => void repairModel(modelId)}>
            {strings.repair}
          </button>
        </div>
      );
    case 'warning':
      return <p className="card-line">{note.text}</p>;
    case 'sound':
      return <p className="card-line">{strings.sound({ size: formatBytes(note.bytes) })}</p>;
  }
}

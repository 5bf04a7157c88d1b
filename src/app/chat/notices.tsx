/** What a person should know beside the conversation: deletions that can be undone, files that were refused, storage that fails. */
import { useApp } from '../state/use-app';
import { MAX_FILE_BYTES } from '../state/composer-slice';
import { focusComposer } from './focus';
import { strings } from './strings';

export function Notices() {
  const undoables = useApp((state) => state.undoables);
  const refusedFiles = useApp((state) => state.refusedFiles);
  const storageTrouble = useApp((state) => state.storageTrouble);
  const undo = useApp((state) => state.undo);
  const forgetRefusedFiles = useApp((state) => state.forgetRefusedFiles);
  const retryStorage = useApp((state) => state.retryStorage);
  return (
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here
    <div className="notices" role="status">
      {storageTrouble && (
        <div className="notice">
          <p>{strings.storage[storageTrouble]}</p>
          {storageTrouble !== 'outdated' && (
            <button type="button" className="edged-button" onClick={() => void retryStorage()}>
              {strings.storeAgain}
            </button>
          )}
        </div>
      )}
      {refusedFiles.length > 0 && (
        <div className="notice">
          <p>
            {refusedFiles
              .map(({ name, reason }) =>
                reason === 'too-large'
                  ? strings.fileTooLarge({ name, megabytes: MAX_FILE_BYTES / 1e6 })
                  : strings.fileNotText({ name }),
              )
              .join(' ')}
          </p>
          <button type="button" className="quiet-button" onClick={forgetRefusedFiles}>
            {strings.gotIt}
          </button>
        </div>
      )}
      {undoables.map((undoable) => (
        <div className="notice" key={undoable.id}>
          <p>
            {undoable.kind === 'chat'
              ? strings.deletedChat({ title: undoable.title || strings.untitled })
              : strings.deletedMessages({ messages: undoable.messages.length })}
          </p>
          <button
            type="button"
            className="edged-button"
            onClick={() => {
              void undo(undoable.id);
              focusComposer();
            }}
          >
            {strings.undo}
          </button>
        </div>
      ))}
    </div>
  );
}

/** Asks once, then deletes all there is and begins as on the first visit. */
import { useState } from 'react';
import { useApp } from '../state/use-app';
import { wordsOf } from '../strings';
import { settings as english } from '../strings/en/settings';
import { Dialog } from '../ui/dialog';

const strings = wordsOf('settings', english);

export function DeleteEverything({ onClose }: { readonly onClose: () => void }) {
  const stopAll = useApp((state) => state.stopAll);
  const deleteEverything = useApp((state) => state.deleteEverything);
  const [deleting, setDeleting] = useState(false);
  const [failed, setFailed] = useState<string[]>([]);

  async function remove(): Promise<void> {
    setDeleting(true);
    await stopAll();
    const left = await deleteEverything();
    setDeleting(false);
    setFailed(left);
    if (left.length === 0) location.replace(location.pathname); // nothing of this visit is to come back
  }

  return (
    <Dialog title={strings.deleteTitle} onClose={onClose}>
      <p>{strings.deleteExplained}</p>
      {failed.length > 0 && (
        <p className="problem" role="alert">
          {strings.deleteFailed({ names: failed.join(', ') })}
        </p>
      )}
      <div className="dialog-moves">
        <button
          type="button"
          className="edged-button"
          onClick={(event) => event.currentTarget.closest('dialog')?.close()}
        >
          {strings.cancel}
        </button>
        <button
          type="button"
          className="main-button"
          aria-disabled={deleting}
          onClick={() => !deleting && void remove()}
        >
          {deleting ? strings.deleting : failed.length > 0 ? strings.tryAgain : strings.deleteNow}
        </button>
      </div>
    </Dialog>
  );
}

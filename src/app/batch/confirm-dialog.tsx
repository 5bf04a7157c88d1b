/** Asks once before something is lost. */
import type { ReactNode } from 'react';
import { Dialog } from '../ui/dialog';
import { strings } from './strings';

interface ConfirmProps {
  readonly title: string;
  /** What the button does, as a verb. */
  readonly action: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function ConfirmDialog({ title, action, onConfirm, onClose, children }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{children}</p>
      <div className="dialog-moves">
        <button
          type="button"
          className="main-button"
          onClick={(event) => {
            event.currentTarget.closest('dialog')?.close();
            onConfirm();
          }}
        >
          {action}
        </button>
        <button
          type="button"
          className="quiet-button"
          onClick={(event) => event.currentTarget.closest('dialog')?.close()}
        >
          {strings.cancel}
        </button>
      </div>
    </Dialog>
  );
}

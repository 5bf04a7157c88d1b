/** Asks once before something is lost. */
import type { ReactNode } from 'react';
import { Dialog } from './dialog';

interface ConfirmProps {
  readonly title: string;
  /** What the buttons do, as verbs: everything stays, or it is done. */
  readonly keep: string;
  readonly action: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function ConfirmDialog({ title, keep, action, onConfirm, onClose, children }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{children}</p>
      <div className="dialog-moves">
        <button type="button" className="edged-button" onClick={onClose}>
          {keep}
        </button>
        <button
          type="button"
          className="main-button"
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          {action}
        </button>
      </div>
    </Dialog>
  );
}

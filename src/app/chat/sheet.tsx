/** A panel over the page that holds the focus until it is closed: from the side, on a phone from below. */
import { useEffect, useId, useRef, type ReactNode } from 'react';
import { CloseIcon } from './icons';
import { strings } from './strings';

interface SheetProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly side?: 'start' | 'end';
}

export function Sheet({ title, onClose, children, side = 'end' }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // A click on the backdrop is a click on the dialog itself; Escape is the dialog's own.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events
    <dialog
      ref={dialog}
      className="sheet"
      data-side={side}
      aria-labelledby={titleId}
      onClose={(event) => {
        if (!event.currentTarget.open) onClose(); // an effect that runs twice closes it in between
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) event.currentTarget.close();
      }}
    >
      <div className="sheet-body">
        <div className="sheet-head">
          <h2 id={titleId}>{title}</h2>
          <button
            type="button"
            className="icon-button"
            aria-label={strings.close}
            onClick={() => dialog.current?.close()}
          >
            <CloseIcon />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}

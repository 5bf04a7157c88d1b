/** Gives a model another name on this machine. */
import { useId, useState } from 'react';
import { useApp } from '../state/use-app';
import { Dialog } from '../ui/dialog';
import { labelOf, ownName } from './names';
import { strings } from './offer-strings';

interface RenameDialogProps {
  readonly modelId: string;
  readonly onClose: () => void;
}

export function RenameDialog({ modelId, onClose }: RenameDialogProps) {
  const names = useApp((state) => state.modelNames);
  const renameModel = useApp((state) => state.renameModel);
  const label = labelOf(names, modelId);
  const [name, setName] = useState(label);
  const id = useId();
  return (
    <Dialog title={strings.renameTitle({ model: label })} onClose={onClose}>
      <form
        className="rename"
        onSubmit={(event) => {
          event.preventDefault();
          onClose();
          renameModel(modelId, name);
        }}
      >
        <label htmlFor={id}>{strings.name}</label>
        <input
          id={id}
          type="text"
          dir="auto"
          maxLength={80}
          value={name}
          aria-describedby={`${id}-help`}
          onChange={(event) => setName(event.target.value)}
        />
        <p id={`${id}-help`} className="help">
          {strings.renameHelp({ model: ownName(modelId) })}
        </p>
        <div className="dialog-moves">
          <button type="button" className="edged-button" onClick={onClose}>
            {strings.keepName}
          </button>
          <button type="submit" className="main-button">
            {strings.renameNow}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

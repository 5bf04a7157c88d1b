/** The files that go with a message, as chips; those in the composer can be taken away again. */
import type { Attachment } from '../chats/types';
import { CloseIcon, FileIcon } from './icons';
import { strings } from './strings';

interface AttachmentListProps {
  readonly attachments: readonly Attachment[];
  readonly onRemove?: (id: string) => void;
}

export function AttachmentList({ attachments, onRemove }: AttachmentListProps) {
  if (attachments.length === 0) return null;
  return (
    <ul className="chips" aria-label={strings.attachments}>
      {attachments.map(({ id, name, text }) => (
        <li key={id} className="chip">
          <FileIcon />
          <bdi className="chip-name">{name}</bdi>
          <span className="chip-size">{strings.characters({ characters: text.length })}</span>
          {onRemove && (
            <button
              type="button"
              className="icon-button"
              aria-label={strings.removeAttachment({ name })}
              onClick={() => onRemove(id)}
            >
              <CloseIcon />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

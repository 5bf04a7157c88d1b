/** One message with what can be done to it. Only the message that grows renders again while an answer runs. */
import { memo, useRef, useState } from 'react';
import { SPECULATION } from '../../client';
import { splitThinking } from '../../lib/split-thinking';
import { useApp } from '../state/use-app';
import type { Message } from '../chats/types';
import { AnswerText } from './answer-text';
import { DraftedText } from './drafted-text';
import { AttachmentList } from './attachments';
import { CopyButton } from './copy-button';
import { AgainIcon, BackIcon, DeleteIcon, EditIcon, ForthIcon } from './icons';
import { MessageEditor } from './message-editor';
import { strings } from './strings';
import { focusComposer } from './focus';

interface TurnProps {
  readonly message: Message;
  /** Which of the versions of this turn it is, from 1. */
  readonly version: number;
  readonly versions: number;
  /** Servers elsewhere have answered in this chat too, so each answer says where it was given. */
  readonly mixed: boolean;
  /** An answer runs in this chat. */
  readonly busy: boolean;
  /** Nothing follows it. */
  readonly last: boolean;
  /** Near the end, which is what one sees first. */
  readonly urgent: boolean;
}

export const Turn = memo(function Turn(props: TurnProps) {
  const { message, urgent, mixed } = props;
  const { id, role, content, state, attachments, draftedRanges } = message;
  const colourDrafted = useApp(({ settings }) => SPECULATION && settings.colourDrafted);
  const edit = useApp(({ edits }) => edits[message.id]);
  const setEdit = useApp((state) => state.setEdit);
  /** Not when it comes back with the page. */
  const [openedHere, setOpenedHere] = useState(false);
  const editButton = useRef<HTMLButtonElement>(null);
  const growing = state === 'streaming';
  const author = authorOf(message);

  function endEditing(saved: boolean): void {
    setEdit(id, null);
    // The button is there again after this render.
    requestAnimationFrame(() => (saved ? focusComposer() : editButton.current?.focus()));
  }

  function beginEditing(): void {
    setOpenedHere(true);
    setEdit(id, content);
  }

  if (edit !== undefined)
    return <MessageEditor message={message} text={edit} focused={openedHere} onEnd={endEditing} />;
  return (
    <div className={`turn turn-${role}`}>
      <article className={`message message-${role}`} aria-label={author} data-growing={growing}>
        {attachments && <AttachmentList attachments={attachments} />}
        {mixed && role === 'assistant' && <p className="answered-by">{whereAnswered(message)}</p>}
        {colourDrafted && draftedRanges ? (
          <DraftedText text={content} ranges={draftedRanges} />
        ) : role === 'assistant' ? (
          <AnswerText text={content} growing={growing} urgent={urgent} />
        ) : (
          content !== '' && (
            <p className="said" dir="auto">
              {content}
            </p>
          )
        )}
      </article>
      {!growing && <TurnMoves {...props} author={author} editButton={editButton} onEdit={beginEditing} />}
    </div>
  );
});

interface TurnMovesProps extends TurnProps {
  readonly author: string;
  readonly editButton: React.RefObject<HTMLButtonElement | null>;
  readonly onEdit: () => void;
}

function TurnMoves({ message, version, versions, busy, last, author, editButton, onEdit }: TurnMovesProps) {
  const stepVersion = useApp((state) => state.stepVersion);
  const removeMessage = useApp((state) => state.removeMessage);
  const regenerate = useApp((state) => state.regenerate);
  const { id, role, content } = message;

  async function remove(): Promise<void> {
    await removeMessage(id);
    focusComposer();
  }

  return (
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a fieldset is for forms
    <div className="turn-moves" role="group" aria-label={strings.actionsFor({ author })} data-last={last}>
      {versions > 1 && (
        <span className="versions">
          <button
            type="button"
            className="icon-button"
            aria-label={strings.previousVersion}
            title={strings.previousVersion}
            aria-disabled={busy || version === 1}
            onClick={() => !busy && void stepVersion(id, -1)}
          >
            <BackIcon />
          </button>
          <span aria-hidden>{strings.versionOf({ version, versions })}</span>
          <span className="visually-hidden">{strings.versionName({ version, versions })}</span>
          <button
            type="button"
            className="icon-button"
            aria-label={strings.nextVersion}
            title={strings.nextVersion}
            aria-disabled={busy || version === versions}
            onClick={() => !busy && void stepVersion(id, 1)}
          >
            <ForthIcon />
          </button>
        </span>
      )}
      <CopyButton text={() => splitThinking(content).answer} />
      {!busy && (
        <>
          <button
            ref={editButton}
            type="button"
            className="icon-button"
            aria-label={strings.edit}
            title={strings.edit}
            onClick={onEdit}
          >
            <EditIcon />
          </button>
          {role === 'assistant' && !last && (
            <button
              type="button"
              className="icon-button"
              aria-label={strings.regenerateThis}
              title={strings.regenerateThis}
              onClick={() => void regenerate(id)}
            >
              <AgainIcon />
            </button>
          )}
          <button
            type="button"
            className="icon-button"
            aria-label={strings.delete}
            title={strings.delete}
            onClick={() => void remove()}
          >
            <DeleteIcon />
          </button>
        </>
      )}
    </div>
  );
}

function authorOf({ role, modelLabel: model = strings.assistant, host }: Message): string {
  if (role === 'user') return strings.you;
  return host === undefined ? model : strings.modelAt({ model, host });
}

function whereAnswered({ modelLabel: model = strings.assistant, host }: Message): string {
  return host === undefined ? strings.answeredHere({ model }) : strings.answeredAt({ model, host });
}

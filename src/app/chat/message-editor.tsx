/**
 * Other words for a message. The old ones stay as a version of their own; the person's new words are answered, the model's are
 * kept, so that it can go on from them.
 */
import { useEffect, useRef, type KeyboardEvent, type SyntheticEvent } from 'react';
import type { Message } from '../chats/types';
import { openRun } from '../state/chat-slice';
import { useApp } from '../state/use-app';
import { isComposing } from './keys';
import { strings } from './strings';

interface MessageEditorProps {
  readonly message: Message;
  /** What stands in it now. */
  readonly text: string;
  /** It takes the focus when it appears. */
  readonly focused: boolean;
  readonly onEnd: (saved: boolean) => void;
}

export function MessageEditor({ message, text, focused, onEnd }: MessageEditorProps) {
  const { id, role, content } = message;
  const setEdit = useApp((state) => state.setEdit);
  const resay = useApp((state) => state.resay);
  const busy = useApp((state) => openRun(state) !== undefined);
  const textarea = useRef<HTMLTextAreaElement>(null);
  const ready = text.trim() !== '' && text.trim() !== content.trim() && !busy;

  useEffect(() => {
    const element = textarea.current;
    if (!focused) return;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
  }, [focused]);

  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    if (!ready) return;
    onEnd(true);
    void resay(id, text);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (isComposing(event)) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      onEnd(false);
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event);
  }

  return (
    <form className="message-editor" onSubmit={submit}>
      <textarea
        ref={textarea}
        aria-label={strings.editMessage}
        dir="auto"
        value={text}
        onChange={(event) => setEdit(id, event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="row">
        <button type="submit" className="edged-button" disabled={!ready}>
          {role === 'user' ? strings.sendEdited : strings.saveEdited}
        </button>
        <button type="button" className="quiet-button" onClick={() => onEnd(false)}>
          {strings.cancel}
        </button>
      </div>
    </form>
  );
}

/**
 * Other words for a message. The old ones stay as a version of their own; the person's new words are answered, the model's are
 * kept, so that it can go on from them.
 */
import { useEffect, useRef, useState, type KeyboardEvent, type SyntheticEvent } from 'react';
import type { Message } from '../chats/types';
import { useApp } from '../state/use-app';
import { isComposing } from './keys';
import { strings } from './strings';

interface MessageEditorProps {
  readonly message: Message;
  readonly onEnd: (saved: boolean) => void;
}

export function MessageEditor({ message, onEnd }: MessageEditorProps) {
  const { id, role, content } = message;
  const [text, setText] = useState(content);
  const resay = useApp((state) => state.resay);
  const textarea = useRef<HTMLTextAreaElement>(null);
  const changed = text.trim() !== '' && text.trim() !== content.trim();

  useEffect(() => {
    const element = textarea.current;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
  }, []);

  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    if (!changed) return;
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
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="row">
        <button type="submit" className="edged-button" disabled={!changed}>
          {role === 'user' ? strings.sendEdited : strings.saveEdited}
        </button>
        <button type="button" className="quiet-button" onClick={() => onEnd(false)}>
          {strings.cancel}
        </button>
      </div>
    </form>
  );
}

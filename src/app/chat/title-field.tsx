/** Where a chat gets another title: Enter or leaving the field takes it, Escape does not. */
import { useRef, useState } from 'react';
import { isComposing } from './keys';
import { strings } from './strings';

interface TitleFieldProps {
  readonly title: string;
  /** @param title null when it stays as it was */
  readonly onEnd: (title: string | null) => void;
}

export function TitleField({ title, onEnd }: TitleFieldProps) {
  const [text, setText] = useState(title);
  const ended = useRef(false);
  function end(newTitle: string | null): void {
    if (ended.current) return; // leaving the field after Enter or Escape
    ended.current = true;
    onEnd(newTitle);
  }
  return (
    <input
      ref={(field) => {
        if (field && document.activeElement !== field) field.select();
      }}
      className="title-field"
      aria-label={strings.titleOfChat}
      value={text}
      maxLength={200}
      dir="auto"
      onChange={(event) => setText(event.target.value)}
      onBlur={() => end(text)}
      onKeyDown={(event) => {
        if (isComposing(event)) return;
        if (event.key === 'Enter') end(text);
        else if (event.key === 'Escape') {
          event.preventDefault();
          end(null);
        }
      }}
    />
  );
}

/**
 * Where a person writes. It is usable before the model is there: what is sent then waits. Enter sends and Shift+Enter breaks
 * the line, unless it is set the other way or the keyboard is one on a screen; an Enter that belongs to an input method does
 * neither. One button sends or, while an answer runs, stops. Files and long pastes stand above the text as chips.
 */
import { useEffect, useRef, type ClipboardEvent, type KeyboardEvent, type SyntheticEvent } from 'react';
import { openRun } from '../state/chat-slice';
import { answererLabel } from '../state/servers-slice';
import { useApp } from '../state/use-app';
import { AttachmentList } from './attachments';
import { ContextMeter } from './context-meter';
import { AttachIcon } from './icons';
import { ModelPicker } from './model-picker';
import { isComposing } from './keys';
import { strings } from './strings';

/** A keyboard on the screen has no Shift+Enter, so its Enter breaks the line and the button sends. */
const TOUCH_ONLY = '(hover: none) and (pointer: coarse)';

export function Composer() {
  const text = useApp((state) => state.composerText);
  const attachments = useApp((state) => state.composerAttachments);
  const setComposer = useApp((state) => state.setComposer);
  const attachFiles = useApp((state) => state.attachFiles);
  const attachText = useApp((state) => state.attachText);
  const removeAttachment = useApp((state) => state.removeAttachment);
  const running = useApp((state) => openRun(state) !== undefined);
  const label = useApp(answererLabel);
  const send = useApp((state) => state.send);
  const stop = useApp((state) => state.stop);
  const { sendKey, maxPasteCharacters } = useApp((state) => state.settings);
  const textarea = useRef<HTMLTextAreaElement>(null);
  const fileInput = useRef<HTMLInputElement>(null);
  const isEmpty = text.trim() === '' && attachments.length === 0;

  useEffect(() => {
    // Where there is a keyboard, one can type at once; on a phone this would raise the keyboard over the page.
    if (matchMedia('(hover: hover)').matches) textarea.current?.focus();
  }, []);

  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    if (!running && !isEmpty) void send();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || isComposing(event)) return;
    const withControl = event.ctrlKey || event.metaKey;
    const plainSends = sendKey === 'enter' && !event.shiftKey && !matchMedia(TOUCH_ONLY).matches;
    if (withControl || plainSends) submit(event);
  }

  function onPaste(event: ClipboardEvent): void {
    const { clipboardData } = event;
    if (clipboardData.files.length > 0) {
      event.preventDefault();
      void attachFiles(clipboardData.files);
      return;
    }
    const pasted = clipboardData.getData('text/plain');
    if (pasted.length <= maxPasteCharacters) return;
    event.preventDefault();
    const place = attachments.filter(({ name }) => name.startsWith(strings.pastedText)).length + 1;
    const name = place === 1 ? strings.pastedText : strings.pastedTextAgain({ place });
    attachText(name, pasted.replace(/\r\n?/g, '\n'));
  }

  function removeChip(id: string): void {
    removeAttachment(id);
    textarea.current?.focus();
  }

  return (
    <form className="composer" onSubmit={submit}>
      <AttachmentList attachments={attachments} onRemove={removeChip} />
      <textarea
        ref={textarea}
        aria-label={strings.message}
        placeholder={strings.writeTo({ model: label })}
        rows={1}
        dir="auto"
        enterKeyHint={sendKey === 'enter' && !matchMedia(TOUCH_ONLY).matches ? 'send' : 'enter'}
        value={text}
        onChange={(event) => setComposer({ text: event.target.value })}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <div className="composer-foot">
        <button
          type="button"
          className="icon-button"
          aria-label={strings.attach}
          title={strings.attach}
          onClick={() => fileInput.current?.click()}
        >
          <AttachIcon />
        </button>
        <input
          ref={fileInput}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            if (event.target.files) void attachFiles([...event.target.files]);
            event.target.value = ''; // the same file can be chosen again
          }}
        />
        <ModelPicker />
        <ContextMeter />
        {/* One element in both states, so that the focus stays where it is. */}
        <button
          type={running ? 'button' : 'submit'}
          className="main-button"
          aria-disabled={!running && isEmpty}
          onClick={running ? stop : undefined}
        >
          {running ? strings.stop : strings.send}
        </button>
      </div>
    </form>
  );
}

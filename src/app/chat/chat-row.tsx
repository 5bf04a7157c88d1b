/** One chat in the list: its title, which opens it, and what else can be done to it. F2 renames, Delete deletes. */
import { memo, useRef, useState, type KeyboardEvent } from 'react';
import type { Chat } from '../chats/types';
import { useApp } from '../state/use-app';
import { focusComposer } from './focus';
import { MoreIcon, PinIcon } from './icons';
import { Menu, type MenuItem } from './menu';
import { saveFile } from './save-file';
import { strings } from './strings';
import { TitleField } from './title-field';

interface ChatRowProps {
  readonly chat: Chat;
  readonly open: boolean;
  readonly answering: boolean;
  /** The row that the Tab key comes to. */
  readonly entrance: boolean;
  readonly onChosen: (() => void) | undefined;
}

export const ChatRow = memo(function ChatRow({ chat, open, answering, entrance, onChosen }: ChatRowProps) {
  const { id, pinned } = chat;
  const title = chat.title || strings.untitled;
  const showChat = useApp((state) => state.showChat);
  const renameChat = useApp((state) => state.renameChat);
  const pinChat = useApp((state) => state.pinChat);
  const removeChat = useApp((state) => state.removeChat);
  const exportChats = useApp((state) => state.exportChats);
  const [renaming, setRenaming] = useState(false);
  const titleButton = useRef<HTMLButtonElement>(null);

  async function choose(): Promise<void> {
    await showChat(id);
    onChosen?.();
    if (matchMedia('(hover: hover)').matches) focusComposer();
  }

  /** The focus goes to the row beside, or to where one writes. */
  async function remove(): Promise<void> {
    const rows = [...document.querySelectorAll<HTMLElement>('.chat-row-title')];
    const at = rows.findIndex((row) => row === titleButton.current);
    const beside = rows[at + 1] ?? rows[at - 1];
    await removeChat(id);
    if (beside?.isConnected) beside.focus();
    else focusComposer();
  }

  const items = (): MenuItem[] => [
    { name: strings.rename, run: () => setRenaming(true) },
    { name: pinned ? strings.unpin : strings.pin, run: () => void pinChat(id, !pinned) },
    { name: strings.exportMarkdown, run: () => void exportChats([id], 'markdown').then(saveFile) },
    { name: strings.exportJson, run: () => void exportChats([id], 'json').then(saveFile) },
    { name: strings.delete, run: () => void remove() },
  ];

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'F2') setRenaming(true);
    else if (event.key === 'Delete') void remove();
    else return;
    event.preventDefault();
  }

  function endRenaming(newTitle: string | null): void {
    setRenaming(false);
    if (newTitle !== null) void renameChat(id, newTitle);
    requestAnimationFrame(() => titleButton.current?.focus());
  }

  if (renaming) {
    return (
      <li className="chat-row">
        <TitleField title={chat.title} onEnd={endRenaming} />
      </li>
    );
  }
  return (
    <li className="chat-row" data-open={open}>
      <button
        ref={titleButton}
        type="button"
        className="chat-row-title"
        aria-current={open ? 'true' : undefined}
        tabIndex={entrance ? 0 : -1}
        onClick={() => void choose()}
        onKeyDown={onKeyDown}
      >
        <bdi>{title}</bdi>
        {pinned && <PinIcon />}
        {answering && <span className="ember" />}
        {answering && <span className="visually-hidden">{strings.isAnswering}</span>}
      </button>
      <Menu name={strings.moreFor({ title })} icon={<MoreIcon />} items={items} tabIndex={entrance ? 0 : -1} />
    </li>
  );
});

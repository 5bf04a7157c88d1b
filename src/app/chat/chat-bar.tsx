/** The line above the conversation: the way to the other chats where they are not in sight, this one's title, and its settings. */
import { lazy, Suspense } from 'react';
import { useApp } from '../state/use-app';
import { ChatList } from './chat-list';
import { ListIcon, SettingsIcon } from './icons';
import { focusComposer } from './focus';
import { Sheet } from './sheet';
import { TitleField } from './title-field';
import { strings } from './strings';

const ChatSettings = lazy(() => import('./chat-settings'));

export function ChatBar({ listInSight }: { readonly listInSight: boolean }) {
  const title = useApp((state) => state.openedChat.title);
  const isTemporary = useApp((state) => state.isTemporary);
  const isEmpty = useApp(({ transcript }) => transcript.length === 0);
  const newChat = useApp((state) => state.newChat);
  const overlay = useApp((state) => state.overlay);
  const openOverlay = useApp((state) => state.openOverlay);
  const close = useApp((state) => state.closeOverlay);
  const renameChat = useApp((state) => state.renameChat);
  const chatId = useApp((state) => state.openedChat.id);
  function endRenaming(newTitle: string | null): void {
    close();
    if (newTitle !== null) void renameChat(chatId, newTitle);
    focusComposer();
  }

  return (
    <div className="chat-bar">
      {!listInSight && (
        <button
          type="button"
          className="icon-button"
          aria-label={strings.chats}
          title={strings.chats}
          onClick={() => openOverlay('chats')}
        >
          <ListIcon />
        </button>
      )}
      <div className="chat-title">
        {overlay === 'rename' && title !== '' ? (
          <TitleField title={title} onEnd={endRenaming} />
        ) : (
          title !== '' && (
            <h2>
              <bdi>{title}</bdi>
            </h2>
          )
        )}
      </div>
      {isTemporary && <span className="temporary">{strings.temporary}</span>}
      <button
        type="button"
        className="icon-button"
        aria-label={strings.chatSettings}
        title={strings.chatSettings}
        onClick={() => openOverlay('chatSettings')}
      >
        <SettingsIcon />
      </button>
      {isEmpty && !isTemporary && (
        <button type="button" className="quiet-button" onClick={() => void newChat({ temporary: true })}>
          {strings.temporaryChat}
        </button>
      )}
      <button type="button" className="quiet-button" disabled={isEmpty && !isTemporary} onClick={() => void newChat()}>
        {strings.newChat}
      </button>
      {overlay === 'chats' && !listInSight && (
        <Sheet title={strings.chats} side="start" onClose={close}>
          <ChatList onChosen={close} />
        </Sheet>
      )}
      {overlay === 'chatSettings' && (
        <Sheet title={strings.chatSettings} onClose={close}>
          <Suspense>
            <ChatSettings />
          </Suspense>
        </Sheet>
      )}
    </div>
  );
}

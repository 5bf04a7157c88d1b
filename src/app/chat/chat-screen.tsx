/** The room of the conversation: the chats beside it where there is room, and by the fire the composer. */
import { lazy, Suspense, useEffect, useRef, useState, type DragEvent } from 'react';
import { useApp } from '../state/use-app';
import { AnswerEnd } from './answer-end';
import { prepareAnswerText } from './answer-text';
import { AnswererLine } from './answerer-line';
import { Announcer } from './announcer';
import { ChatBar } from './chat-bar';
import { ChatList } from './chat-list';
import { Composer } from './composer';
import { Notices } from './notices';
import { Problem } from './problem';
import { Scroller } from './scroller';
import { strings } from './strings';
import { Transcript } from './transcript';
import { useMedia } from './use-media';
import { Welcome } from './welcome';
import './chat.css';

const SendThereDialog = lazy(() => import('./send-there-dialog'));

/** From here on the list of chats stands beside the conversation. */
const ROOM_FOR_LIST = '(width >= 60rem)';

export function ChatScreen() {
  const chatId = useApp((state) => state.openedChat.id);
  const roomForList = useMedia(ROOM_FOR_LIST);
  const listInSight = useApp(({ settings }) => settings.showChatList) && roomForList;
  const awaitsChoice = useApp(({ awaitedChoice }) => awaitedChoice !== null);
  const { dropping, ...dropTarget } = useFileDrop();

  useEffect(prepareAnswerText, []);

  return (
    <div className="chat-screen" {...dropTarget}>
      {listInSight && <ChatList />}
      <main className="room-main">
        <ChatBar listInSight={listInSight} />
        <Scroller key={chatId}>
          <Welcome />
          <Transcript />
          <AnswerEnd />
          <Problem />
        </Scroller>
        <div className="fireside">
          <Notices />
          <AnswererLine />
          <Composer key={`composer ${chatId}`} />
        </div>
        {dropping && <p className="drop-here">{strings.dropHere}</p>}
      </main>
      <Announcer />
      <Suspense>{awaitsChoice && <SendThereDialog />}</Suspense>
    </div>
  );
}

/** Text files that are dropped anywhere on the screen are attached. */
function useFileDrop() {
  const attachFiles = useApp((state) => state.attachFiles);
  const [dropping, setDropping] = useState(false);
  /** Every element under the pointer is entered and left by itself. */
  const depth = useRef(0);
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer.types.includes('Files');
  const move = (event: DragEvent, step: number) => {
    if (!hasFiles(event)) return;
    depth.current = Math.max(0, depth.current + step);
    setDropping(depth.current > 0);
  };
  return {
    dropping,
    onDragEnter: (event: DragEvent) => move(event, 1),
    onDragLeave: (event: DragEvent) => move(event, -1),
    onDragOver: (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault();
    },
    onDrop: (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth.current = 0;
      setDropping(false);
      void attachFiles([...event.dataTransfer.files]);
    },
  };
}

/** One chat that was found: its title, and the place where the words stand. It opens at the message that has them. */
import type { SearchHit } from '../chats/search';
import { useApp } from '../state/use-app';
import { strings } from './strings';

export function FoundRow({ hit, onChosen }: { readonly hit: SearchHit; readonly onChosen: (() => void) | undefined }) {
  const { chatId, messageId, host, snippet } = hit;
  const chat = useApp(({ chatList }) => chatList.find(({ id }) => id === chatId));
  const showChat = useApp((state) => state.showChat);

  async function choose(): Promise<void> {
    await showChat(chatId, messageId ?? undefined);
    onChosen?.();
  }

  if (!chat) return null; // deleted since it was found
  return (
    <li>
      <button type="button" className="found-row" onClick={() => void choose()}>
        <bdi className="found-title">
          {messageId === null ? <Marked {...snippet} /> : chat.title || strings.untitled}
        </bdi>
        {messageId !== null && (
          <span className="found-text" dir="auto">
            {snippet.cutBefore && '…'}
            <Marked {...snippet} />
            {snippet.cutAfter && '…'}
          </span>
        )}
        {host !== undefined && <span className="found-text">{strings.onServer({ place: host })}</span>}
      </button>
    </li>
  );
}

function Marked({ text, marks }: SearchHit['snippet']) {
  const pieces = marks.flatMap(({ start, end }, index) => [
    text.slice(marks[index - 1]?.end ?? 0, start),
    <mark key={start}>{text.slice(start, end)}</mark>,
  ]);
  return [...pieces, text.slice(marks.at(-1)?.end ?? 0)];
}

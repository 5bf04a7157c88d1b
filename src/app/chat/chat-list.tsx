/**
 * The chats of this machine: pinned ones, then by day. One stop of the Tab key: the arrow keys walk through the list. Typing in
 * the search field shows instead what has been found, with the place where it stands.
 */
import { useEffect, useEffectEvent, useRef, useState, type KeyboardEvent } from 'react';
import { groupChats, type ChatGroup } from '../chats/groups';
import type { SearchHit } from '../chats/search';
import { useApp } from '../state/use-app';
import { locale } from '../strings';
import { ChatRow } from './chat-row';
import { FoundRow } from './found-row';
import { ListMenu } from './list-menu';
import { Notices } from './notices';
import { strings } from './strings';

interface ChatListProps {
  /** It stands in a sheet, which closes when a chat has been chosen. */
  readonly onChosen?: (() => void) | undefined;
}

const SEARCH_PAUSE_MS = 120;

export function ChatList({ onChosen }: ChatListProps) {
  const [query, setQuery] = useState('');
  const hits = useSearch(query);
  const isSearching = query.trim() !== '';
  return (
    <nav className="chat-list" aria-label={strings.chats}>
      <div className="chat-list-head">
        <input
          type="search"
          aria-label={strings.searchChats}
          placeholder={strings.searchChats}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <ListMenu />
      </div>
      {isSearching ? <Found query={query} hits={hits} onChosen={onChosen} /> : <Groups onChosen={onChosen} />}
      {onChosen && <Notices />}
    </nav>
  );
}

/** A thousand rows at once would hold the page up; the next ones come before one has scrolled to them. */
const FIRST_ROWS = 60;
const MORE_ROWS = 120;

function Groups({ onChosen }: ChatListProps) {
  const chatList = useApp((state) => state.chatList);
  const chatsLoaded = useApp((state) => state.chatsLoaded);
  const openedId = useApp((state) => state.openedChat.id);
  const runs = useApp((state) => state.runs);
  const now = useToday();
  const [rows, setRows] = useState(FIRST_ROWS);
  if (chatsLoaded && chatList.length === 0) return <p className="aside chat-list-empty">{strings.noChats}</p>;
  const shown = chatList.slice(0, rows);
  // The row that Tab comes to: the open chat's, or the first.
  const entrance = shown.some(({ id }) => id === openedId) ? openedId : shown[0]?.id;
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- the buttons in it are what one acts on
    <div className="chat-groups" onKeyDown={walk}>
      {groupChats(shown, now).map((group) => {
        const name = nameOf(group);
        return (
          <section key={group.kind === 'pinned' ? 'pinned' : group.startsAt} aria-label={name}>
            <h2 className="chat-group-name">{name}</h2>
            <ul>
              {group.chats.map((chat) => (
                <ChatRow
                  key={chat.id}
                  chat={chat}
                  open={chat.id === openedId}
                  answering={runs.has(chat.id)}
                  entrance={chat.id === entrance}
                  onChosen={onChosen}
                />
              ))}
            </ul>
          </section>
        );
      })}
      {rows < chatList.length && <MoreRows key={rows} onNear={() => setRows(rows + MORE_ROWS)} />}
    </div>
  );
}

/** Stands at the end of the rows and tells when one comes near it. */
function MoreRows({ onNear }: { readonly onNear: () => void }) {
  const end = useRef<HTMLDivElement>(null);
  const near = useEffectEvent(onNear);
  useEffect(() => {
    if (!end.current) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) near();
      },
      { root: end.current.closest('.chat-groups'), rootMargin: '1000px 0px' },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, []);
  return <div ref={end} />;
}

function Found(props: ChatListProps & { readonly query: string; readonly hits: readonly SearchHit[] | null }) {
  const { query, hits, onChosen } = props;
  return (
    <div className="chat-groups">
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
      <p className="chat-group-name" role="status">
        {hits &&
          (hits.length === 0 ? strings.nothingFound({ query: query.trim() }) : strings.found({ chats: hits.length }))}
      </p>
      <ul>
        {hits?.slice(0, MAX_HITS).map((hit) => (
          <FoundRow key={hit.chatId} hit={hit} onChosen={onChosen} />
        ))}
      </ul>
    </div>
  );
}

/** Nobody reads further; another word finds less. */
const MAX_HITS = 100;

/** What was found for the last query that has been answered; null while there is none. */
function useSearch(query: string): readonly SearchHit[] | null {
  const searchChats = useApp((state) => state.searchChats);
  const [hits, setHits] = useState<readonly SearchHit[] | null>(null);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      void searchChats(query).then((found) => {
        if (current) setHits(query.trim() === '' ? null : found);
      });
    }, SEARCH_PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [query, searchChats]);
  return hits;
}

/** A time of today, which changes at midnight while the page stays open. */
function useToday(): number {
  const [now, setNow] = useState(Date.now);
  const day = useRef(new Date(now).getDate());
  useEffect(() => {
    const timer = setInterval(() => {
      if (new Date().getDate() === day.current) return;
      day.current = new Date().getDate();
      setNow(Date.now());
    }, 60_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function nameOf(group: ChatGroup): string {
  if (group.kind === 'pinned') return strings.pinned;
  const { startsAt } = group;
  if (group.kind === 'month')
    return new Intl.DateTimeFormat(locale(), { month: 'long', year: 'numeric' }).format(startsAt);
  if (group.daysAgo === 0) return strings.today;
  if (group.daysAgo === 1) return strings.yesterday;
  return new Intl.DateTimeFormat(locale(), { weekday: 'long' }).format(startsAt);
}

/** Arrow keys, Home and End move between the rows. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const row = (event.target as HTMLElement).closest('.chat-row-title');
  if (!row) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('.chat-row-title')];
  const at = rows.indexOf(row as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (to === undefined || !rows[to]) return;
  event.preventDefault();
  rows[to].focus();
}

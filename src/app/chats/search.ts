/**
 * Searching titles and texts. All words must occur in a chat, in its title or its messages, anywhere in a word and whatever
 * their case and accents. It is a plain scan over folded texts kept in memory: with 1,000 chats of ten messages of 600
 * characters a query takes 2 to 11 ms in Chromium, and the first one, which reads everything, a quarter of a second in pieces.
 * An inverted index (minisearch) of the same texts blocked the page for that long and would miss the insides of words.
 */
import { fold, foldWithPlaces } from './fold';
import { createRests } from './rests';
import type { Chat, Message } from './types';

export interface SearchHit {
  chatId: string;
  /** The message in which most of the words are; null when that is the title. */
  messageId: string | null;
  /** The server elsewhere that wrote that message; undefined for this machine, the person, and the title. */
  host: string | undefined;
  /** Made when it is first asked for: a list shows a few of a thousand. */
  readonly snippet: Snippet;
}

/** A piece of the title or the message around the first word found. */
export interface Snippet {
  text: string;
  /** Where the words are in `text`, in order and apart. */
  marks: { start: number; end: number }[];
  /** Whether something of the text was left out on this side. */
  cutBefore: boolean;
  cutAfter: boolean;
}

const SNIPPET_BEFORE = 40;
const SNIPPET_AFTER = 100;

interface Entry {
  content: string;
  host: string | undefined;
  folded: string;
}

export class SearchIndex {
  readonly #chats = new Map<string, Map<string, Entry>>();

  put({ id, chatId, content, host }: Pick<Message, 'id' | 'chatId' | 'content' | 'host'>): void {
    let entries = this.#chats.get(chatId);
    if (!entries) this.#chats.set(chatId, (entries = new Map()));
    entries.set(id, { content, host, folded: fold(content) });
  }

  remove(chatId: string, messageId: string): void {
    this.#chats.get(chatId)?.delete(messageId);
  }

  clear(): void {
    this.#chats.clear();
  }

  /**
   * Chats with all the words of the query: first those with them in the title, then in one message, then anywhere. It rests
   * in between, so what is put in meanwhile may be found or not.
   */
  async search(query: string, chats: readonly Chat[]): Promise<SearchHit[]> {
    const words = wordsOf(query);
    if (words.length === 0) return [];
    const rest = createRests();
    const found: { rank: number; hit: SearchHit }[] = [];
    for (const chat of chats) {
      const match = this.#match(chat, words);
      if (match) found.push(match);
      await rest();
    }
    return found.sort((a, b) => a.rank - b.rank).map(({ hit }) => hit); // sorting keeps the order of equal ranks
  }

  #match(chat: Chat, words: readonly string[]): { rank: number; hit: SearchHit } | null {
    const title = fold(chat.title);
    const missing = new Set(words);
    let inTitle = 0;
    for (const word of words) {
      if (!title.includes(word)) continue;
      inTitle++;
      missing.delete(word);
    }
    const titleHit = () => hitIn(chat.id, { id: null, content: chat.title, host: undefined }, words);
    if (missing.size === 0) return { rank: 0, hit: titleHit() };

    let best: Found | null = null;
    let inBest = inTitle;
    for (const [id, { content, host, folded }] of this.#chats.get(chat.id) ?? []) {
      let inThis = 0;
      for (const word of words) {
        if (!folded.includes(word)) continue;
        inThis++;
        missing.delete(word);
      }
      if (inThis <= inBest) continue;
      best = { id, content, host };
      inBest = inThis;
    }
    if (missing.size > 0) return null;
    if (!best) return { rank: 2, hit: titleHit() };
    return { rank: inBest === words.length ? 1 : 2, hit: hitIn(chat.id, best, words) };
  }
}

/** A message, or a title, that has the words in it. */
interface Found extends Omit<Entry, 'folded'> {
  id: string | null;
}

function hitIn(chatId: string, { id, content, host }: Found, words: readonly string[]): SearchHit {
  let snippet: Snippet | undefined;
  return {
    chatId,
    messageId: id,
    host,
    get snippet() {
      return (snippet ??= snippetOf(content, words));
    },
  };
}

/** The folded words of a query, without repetition. */
export function wordsOf(query: string): string[] {
  return [...new Set(fold(query).split(/\s+/).filter(Boolean))];
}

/** @param words folded, at least one of them in the text */
export function snippetOf(text: string, words: readonly string[]): Snippet {
  const folded = fold(text);
  const firstFolded = Math.min(...words.map((word) => folded.indexOf(word)).filter((at) => at !== -1));
  // Folding seldom changes lengths, and then places are the same.
  const first = folded.length === text.length ? firstFolded : (foldWithPlaces(text).places[firstFolded] ?? 0);
  const start = first <= SNIPPET_BEFORE ? 0 : wordStartAfter(text, first - SNIPPET_BEFORE, first);
  const end = wholeCharacters(text, Math.min(text.length, first + SNIPPET_AFTER));
  const piece = text.slice(start, end);
  return { text: piece, marks: marksIn(piece, words), cutBefore: start > 0, cutAfter: end < text.length };
}

function wordStartAfter(text: string, from: number, limit: number): number {
  const blank = text.slice(from, limit).search(/\s/);
  return blank === -1 ? wholeCharacters(text, from) : from + blank + 1;
}

/** The place, or the one before it if it would split a character in two. */
function wholeCharacters(text: string, place: number): number {
  return /[\ud800-\udbff]/.test(text.charAt(place - 1)) ? place - 1 : place;
}

function marksIn(text: string, words: readonly string[]): Snippet['marks'] {
  const { folded, places } = foldWithPlaces(text);
  const marks: Snippet['marks'] = [];
  for (const word of words) {
    for (let at = folded.indexOf(word); at !== -1; at = folded.indexOf(word, at + word.length)) {
      const lastPlace = places[at + word.length - 1] ?? 0;
      const end = places.find((place, index) => index >= at + word.length && place > lastPlace) ?? text.length;
      marks.push({ start: places[at] ?? 0, end });
    }
  }
  marks.sort((a, b) => a.start - b.start || b.end - a.end);
  const apart: Snippet['marks'] = [];
  for (const mark of marks) {
    const last = apart.at(-1);
    if (last && mark.start <= last.end) last.end = Math.max(last.end, mark.end);
    else apart.push(mark);
  }
  return apart;
}

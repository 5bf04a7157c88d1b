/**
 * From stored chats to files a person can keep: JSON for one, many or everything, Markdown for one, a zip of Markdown pages for
 * many. Chats are read one by one, each in a transaction of its own, so exporting thousands never stops the page.
 */
import type { ChatStore, StoredChat } from './chat-store';
import { writeExport, type BackupExtras } from './export-format';
import { writeMarkdown } from './markdown-format';
import { strings } from './strings';

export interface ExportFile {
  name: string;
  content: Blob;
}

/** The chats with these ids; those deleted meanwhile are left out. */
async function* readChats(store: ChatStore, ids: readonly string[]): AsyncGenerator<StoredChat, void, undefined> {
  for (const id of ids) {
    const found = await store.loadChat(id);
    if (found) yield found;
  }
}

/** One file in the format `hearth-chats` (FORMAT.md). @param extras makes it a backup of everything */
export async function exportJson(
  store: ChatStore,
  ids: readonly string[],
  now: number,
  extras?: BackupExtras,
): Promise<ExportFile> {
  const pieces: string[] = [];
  for await (const piece of writeExport(readChats(store, ids), now, extras)) pieces.push(piece);
  const [first] = ids.length === 1 && !extras ? await store.readChats(ids) : [];
  const name = first ? fileName(first.title) : `hearth-${extras ? 'everything' : 'chats'}-${isoDay(now)}`;
  return { name: `${name}.json`, content: new Blob(pieces, { type: 'application/json' }) };
}

/** One page of Markdown, or a zip of pages when there are several chats. */
export async function exportMarkdown(store: ChatStore, ids: readonly string[], now: number): Promise<ExportFile> {
  if (ids.length === 1) {
    for await (const stored of readChats(store, ids)) {
      const content = new Blob([writeMarkdown(stored)], { type: 'text/markdown;charset=utf-8' });
      return { name: `${fileName(stored.chat.title)}.md`, content };
    }
  }
  const { strToU8, Zip, ZipDeflate } = await import('fflate');
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const zip = new Zip((error, piece) => {
    if (error) throw error;
    pieces.push(piece);
  });
  const taken = new Set<string>();
  for await (const stored of readChats(store, ids)) {
    const base = fileName(stored.chat.title);
    let name = `${base}.md`;
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${base} ${count}.md`;
    taken.add(name.toLowerCase());
    const page = new ZipDeflate(name);
    zip.add(page);
    page.push(strToU8(writeMarkdown(stored)), true);
  }
  zip.end();
  return { name: `hearth-chats-${isoDay(now)}.zip`, content: new Blob(pieces, { type: 'application/zip' }) };
}

/** A title as every file system takes it. */
export function fileName(title: string): string {
  const name = title
    .replace(/[\p{Cc}\p{Cf}<>:"/\\|?*]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s.]+|[\s.]+$/g, '');
  return name === '' || /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(name) ? strings.untitled : name;
}

function isoDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

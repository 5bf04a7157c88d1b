/**
 * From files to chats: recognises exports of ours (JSON, Markdown), ChatGPT's `conversations.json`, and zip archives of
 * these, and checks everything before anything is stored. What is wrong is told with its place: what was found, what was
 * expected, what to do. It reads in pieces, so that the page goes on meanwhile. Storing is `import.ts`.
 */
import * as v from 'valibot';
import { ALLOWED_SITES_KEY } from '../../client/allowed-sites';
import { HearthError } from '../../lib/errors';
import { conversationSchema, fromChatGpt, looksLikeChatGpt } from './chatgpt-format';
import type { StoredChat } from './chat-store';
import {
  chatSchema,
  exportSchema,
  FORMAT_NAME,
  FORMAT_VERSION,
  fromExported,
  type BackupExtras,
} from './export-format';
import type { ExportedChat } from './export-format';
import { JsonSplitter } from './json-splitter';
import { parseMarkdown } from './markdown-format';
import { readZip, type ZipEntry } from './read-zip';
import { OUR_KEYS } from './erase';
import { createRests } from './rests';
import { strings } from './strings';

/** What is used of a File. */
export type ImportFile = Pick<File, 'name' | 'size' | 'arrayBuffer'>;

export interface Import extends BackupExtras {
  chats: StoredChat[];
}

/** More text than this does not fit into one string with room to spare. */
export const IMPORT_MAX_BYTES = 256e6;

/** @throws HearthError `bad-file` naming the file, the place, what was found and what was expected */
export async function readImport(files: Iterable<ImportFile>, now: number = Date.now()): Promise<Import> {
  const all: Import = { chats: [], presets: [], settings: {} };
  for (const file of files) {
    if (file.size > IMPORT_MAX_BYTES) throw tooLarge(file.name, file.size);
    const bytes = new Uint8Array(await file.arrayBuffer());
    for (const { chats, presets, settings, batch } of await readBytes(file.name, bytes, now)) {
      all.chats.push(...chats);
      all.presets.push(...presets);
      Object.assign(all.settings, settings);
      all.batch ??= batch;
    }
  }
  return all;
}

async function readBytes(name: string, bytes: Uint8Array, now: number): Promise<Import[]> {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
  if (!isZip) return [await readText(name, [bytes], now)];
  const read: Import[] = [];
  for (const { path, pieces } of await unzipTexts(name, bytes))
    read.push(await readText(`${name}: ${path}`, pieces, now));
  return read;
}

async function unzipTexts(name: string, bytes: Uint8Array): Promise<ZipEntry[]> {
  try {
    return await readZip(bytes, (files) => {
      const texts = files.filter(({ path }) => /\.(json|md)$/i.test(path) && !path.startsWith('__MACOSX/'));
      // A ChatGPT export has other JSON beside its conversations.
      const conversations = texts.filter(({ path }) => /(^|\/)conversations[^/]*\.json$/.test(path));
      const chosen = conversations.length > 0 ? conversations : texts;
      if (chosen.length === 0) throw badFile(strings.emptyZip({ file: name }));
      const totalBytes = chosen.reduce((sum, file) => sum + file.bytes, 0);
      if (totalBytes > IMPORT_MAX_BYTES) throw tooLarge(name, totalBytes);
      return new Set(chosen.map(({ path }) => path));
    });
  } catch (error) {
    if (error instanceof HearthError) throw error;
    throw badFile(strings.badZip({ file: name, reason: reasonOf(error) }), strings.notJsonHint, error);
  }
}

/** Bytes that are decoded at a time. */
const PIECE_BYTES = 64 * 1024;

/** The text of a file, piece by piece. */
function* decode(name: string, chunks: readonly Uint8Array[]): Generator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true }); // takes a byte order mark away
  try {
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES)
        yield decoder.decode(chunk.subarray(at, at + PIECE_BYTES), { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    throw badFile(strings.notText({ file: name }), strings.importHint, error);
  }
}

async function readText(name: string, chunks: readonly Uint8Array[], now: number): Promise<Import> {
  const pieces = decode(name, chunks);
  let text = '';
  while (text.trim() === '') {
    const { value, done } = pieces.next();
    if (done) break;
    text += value;
  }
  // Its first character tells what it is.
  if (/^\s*[[{]/.test(text) || /\.json$/i.test(name)) return readJson(name, text, pieces, now);
  for (const piece of pieces) text += piece;
  return readMarkdownFile(name, text);
}

function readMarkdownFile(name: string, text: string): Import {
  let chats: StoredChat[];
  try {
    chats = parseMarkdown(text);
  } catch (error) {
    if (error instanceof v.ValiError) throw badIssue(name, error.issues[0]);
    throw badFile(strings.notJson({ file: name, reason: reasonOf(error) }), strings.notJsonHint, error);
  }
  if (chats.length === 0) throw badFile(strings.unknownMarkdown({ file: name }));
  return { chats, presets: [], settings: {} };
}

async function readJson(name: string, begin: string, more: Iterable<string>, now: number): Promise<Import> {
  const rest = createRests();
  const { around, list } = await parseJson(name, begin, more);
  const chats: StoredChat[] = [];
  if (Array.isArray(around) && looksLikeChatGpt(list)) {
    for (const [index, value] of list.entries()) {
      const conversation = checked(name, conversationSchema, value, `[${index}]`);
      const chat = fromChatGpt(conversation, now, (nodeId) => {
        const place = `[${index}].mapping["${nodeId}"].parent`;
        throw badField(name, place, 'a node below it', strings.expectedNoCycle);
      });
      if (chat.messages.length > 0) chats.push(chat);
      await rest();
    }
    return { chats, presets: [], settings: {} };
  }
  if (typeof around !== 'object' || around === null || !('format' in around) || around.format !== FORMAT_NAME) {
    throw badFile(strings.unknownJson({ file: name }));
  }
  if ('version' in around && typeof around.version === 'number' && around.version > FORMAT_VERSION) {
    throw badFile(
      strings.newerFormat({ file: name, found: around.version, known: FORMAT_VERSION }),
      strings.newerFormatHint,
    );
  }
  const { presets, settings, batch } = checked(name, exportSchema, around);
  for (const [index, value] of list.entries()) {
    const chat = checked(name, chatSchema, value, `chats[${index}]`);
    checkTree(name, index, chat);
    chats.push(fromExported(chat));
    await rest();
  }
  return { chats, presets, settings: acceptable(settings), batch };
}

/** Settings of ours. What sites were allowed is not among them: that is said at this machine, and by no file. */
function acceptable(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).filter(([key]) => key.startsWith(OUR_KEYS) && key !== ALLOWED_SITES_KEY),
  );
}

/** A document without the elements of its long list, and these. */
async function parseJson(
  name: string,
  begin: string,
  more: Iterable<string>,
): Promise<{ around: unknown; list: unknown[] }> {
  const rest = createRests();
  const splitter = new JsonSplitter();
  const list: unknown[] = [];
  const take = async (piece: string) => {
    for (const element of splitter.push(piece)) {
      list.push(JSON.parse(element));
      await rest();
    }
    await rest();
  };
  try {
    await take(begin);
    for (const piece of more) await take(piece);
    const { around, unended } = splitter.end();
    if (unended.trim() !== '') JSON.parse(unended); // says best why it has no end
    return { around: JSON.parse(around), list };
  } catch (error) {
    if (error instanceof HearthError) throw error;
    throw badFile(strings.notJson({ file: name, reason: reasonOf(error) }), strings.notJsonHint, error);
  }
}

/** @param place where the value stands in the file, e.g. "chats[3]" */
function checked<Schema extends v.GenericSchema>(
  name: string,
  schema: Schema,
  value: unknown,
  place = '',
): v.InferOutput<Schema> {
  const outcome = v.safeParse(schema, value, { abortEarly: true });
  if (!outcome.success) throw badIssue(name, outcome.issues[0], place);
  return outcome.output;
}

/** That the messages of a chat are trees: unique ids, parents that are there, no loops. */
function checkTree(name: string, chatIndex: number, { messages, leafId }: ExportedChat): void {
  const chat = `chats[${chatIndex}]`;
  const places = new Map<string, number>();
  for (const [index, { id }] of messages.entries()) {
    if (places.has(id)) throw badField(name, `${chat}.messages[${index}].id`, quote(id), strings.expectedUniqueId);
    places.set(id, index);
  }
  /** Messages whose way up to a root has been walked. */
  const rooted = new Set<string>();
  for (const [index, { id }] of messages.entries()) {
    const walked = new Set<string>();
    for (let at: string | null = id; at !== null && !rooted.has(at);) {
      const place = places.get(at);
      const parentOf = `${chat}.messages[${place ?? index}].parentId`;
      if (walked.has(at)) throw badField(name, parentOf, quote(at), strings.expectedNoCycle);
      walked.add(at);
      const parentId: string | null = messages[place ?? -1]?.parentId ?? null;
      if (parentId !== null && !places.has(parentId))
        throw badField(name, parentOf, quote(parentId), strings.expectedParent);
      at = parentId;
    }
    for (const one of walked) rooted.add(one);
  }
  if (leafId !== null && !places.has(leafId))
    throw badField(name, `${chat}.leafId`, quote(leafId), strings.expectedLeaf);
}

function badIssue(name: string, issue: v.BaseIssue<unknown>, within = ''): HearthError {
  let place = within;
  for (const { key } of issue.path ?? []) place += typeof key === 'number' ? `[${key}]` : `.${String(key)}`;
  return badField(name, place.replace(/^\./, '') || 'it', issue.received, issue.expected ?? issue.message);
}

function badField(name: string, place: string, found: string, expected: string): HearthError {
  return badFile(strings.badField({ file: name, place, found, expected }), strings.badFieldHint);
}

function badFile(message: string, hint: string = strings.importHint, cause?: unknown): HearthError {
  return new HearthError('bad-file', message, { hint, cause });
}

function tooLarge(name: string, foundBytes: number): HearthError {
  const message = strings.fileTooLarge({
    file: name,
    foundMegabytes: Math.round(foundBytes / 1e6),
    limitMegabytes: IMPORT_MAX_BYTES / 1e6,
  });
  return badFile(message, strings.fileTooLargeHint);
}

const quote = (id: string) => JSON.stringify(id);
const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

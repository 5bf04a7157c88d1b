/**
 * From files to chats: recognises exports of ours (JSON, Markdown), ChatGPT's `conversations.json`, and zip archives of
 * these, and checks everything before anything is stored. What is wrong is told with its place: what was found, what was
 * expected, what to do. Storing is `import.ts`.
 */
import * as v from 'valibot';
import { HearthError } from '../../lib/errors';
import { chatGptSchema, fromChatGpt, looksLikeChatGpt } from './chatgpt-format';
import type { StoredChat } from './chat-store';
import { exportSchema, FORMAT_NAME, FORMAT_VERSION, fromExported, type BackupExtras } from './export-format';
import type { ExportedChat } from './export-format';
import { parseMarkdown } from './markdown-format';
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
  if (!isZip) return [readText(name, bytes, now)];
  const entries = await unzipTexts(name, bytes);
  // A ChatGPT export has other JSON beside its conversations.
  const conversations = entries.filter(([path]) => /(^|\/)conversations[^/]*\.json$/.test(path));
  const chosen = conversations.length > 0 ? conversations : entries;
  if (chosen.length === 0) throw badFile(strings.emptyZip({ file: name }));
  return chosen.map(([path, entry]) => readText(`${name}: ${path}`, entry, now));
}

async function unzipTexts(name: string, bytes: Uint8Array): Promise<[path: string, bytes: Uint8Array][]> {
  const { unzipSync } = await import('fflate');
  let totalBytes = 0;
  try {
    const files = unzipSync(bytes, {
      filter: ({ name: path, originalSize }) => {
        const wanted = /\.(json|md)$/i.test(path) && !path.startsWith('__MACOSX/');
        if (wanted) totalBytes += originalSize;
        if (totalBytes > IMPORT_MAX_BYTES) throw tooLarge(name, totalBytes);
        return wanted;
      },
    });
    return Object.entries(files);
  } catch (error) {
    if (error instanceof HearthError) throw error;
    throw badFile(strings.badZip({ file: name, reason: reasonOf(error) }), strings.notJsonHint, error);
  }
}

function readText(name: string, bytes: Uint8Array, now: number): Import {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes); // takes a byte order mark away
  } catch (error) {
    throw badFile(strings.notText({ file: name }), strings.importHint, error);
  }
  return /^\s*[[{]/.test(text) || /\.json$/i.test(name) ? readJson(name, text, now) : readMarkdownFile(name, text);
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

function readJson(name: string, text: string, now: number): Import {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badFile(strings.notJson({ file: name, reason: reasonOf(error) }), strings.notJsonHint, error);
  }
  if (looksLikeChatGpt(value)) {
    const chats = fromChatGpt(checked(name, chatGptSchema, value), now, (index, nodeId) => {
      const place = `[${index}].mapping["${nodeId}"].parent`;
      throw badField(name, place, 'a node below it', strings.expectedNoCycle);
    });
    return { chats, presets: [], settings: {} };
  }
  if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== FORMAT_NAME) {
    throw badFile(strings.unknownJson({ file: name }));
  }
  if ('version' in value && typeof value.version === 'number' && value.version > FORMAT_VERSION) {
    throw badFile(
      strings.newerFormat({ file: name, found: value.version, known: FORMAT_VERSION }),
      strings.newerFormatHint,
    );
  }
  const { chats, presets, settings, batch } = checked(name, exportSchema, value);
  for (const [index, chat] of chats.entries()) checkTree(name, index, chat);
  return { chats: chats.map(fromExported), presets, settings, batch };
}

function checked<Schema extends v.GenericSchema>(name: string, schema: Schema, value: unknown): v.InferOutput<Schema> {
  const outcome = v.safeParse(schema, value, { abortEarly: true });
  if (!outcome.success) throw badIssue(name, outcome.issues[0]);
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

function badIssue(name: string, issue: v.BaseIssue<unknown>): HearthError {
  let place = '';
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

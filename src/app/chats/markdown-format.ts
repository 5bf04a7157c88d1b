/**
 * One chat as a page of Markdown that people can read and `parseMarkdown` can take back: the branch that is shown, one
 * section for each message, each begun by a comment with what cannot be seen. Versions beside that branch are in the JSON
 * export only. Drawn in FORMAT.md.
 */
import * as v from 'valibot';
import type { StoredChat } from './chat-store';
import { settled } from './chat-store';
import { newId } from './ids';
import { strings } from './strings';
import { buildTree, pathTo } from './tree';
import { emptyChat, type Attachment, type Message } from './types';

const MARK = /^<!-- hearth:(chat|system|user|assistant|thinking|attachment) (\{.*\}) -->$/;
/** Lines of a text that look like marks get a backslash more, which reading takes away again. */
const LOOKS_LIKE_MARK = /^<!-- (\\*)hearth:/gm;
const ESCAPED_MARK = /^<!-- \\(\\*)hearth:/gm;

const chatMark = v.object({
  version: v.literal(1),
  title: v.string(),
  titleSource: v.picklist(['auto', 'person']),
  createdAt: v.number(),
  updatedAt: v.number(),
  pinned: v.boolean(),
});
const messageMark = v.object({
  createdAt: v.number(),
  state: v.optional(v.picklist(['done', 'stopped', 'error']), 'done'),
  modelLabel: v.optional(v.string()),
  host: v.optional(v.string()),
});
const attachmentMark = v.object({ name: v.string(), mediaType: v.string() });

/** The branch at whose end the chat was last seen. */
export function writeMarkdown({ chat, messages }: StoredChat): string {
  const { title, titleSource, createdAt, updatedAt, pinned, systemPrompt } = chat;
  const parts = [
    mark('chat', { version: 1, title, titleSource, createdAt, updatedAt, pinned }),
    `# ${oneLine(title) || strings.untitled}`,
    '',
  ];
  const section = (kind: string, facts: object, heading: string, body: string) =>
    parts.push(mark(kind, facts), heading, '', body.replace(LOOKS_LIKE_MARK, '<!-- \\$1hearth:'), '');
  if (systemPrompt !== '') section('system', {}, `## ${strings.systemPrompt}`, systemPrompt);
  for (const message of pathTo(buildTree(messages), chat.leafId).map(settled)) {
    const { role, createdAt, state, modelLabel, host, content, thinking, attachments = [] } = message;
    const model = modelLabel ?? strings.assistant;
    const author = role === 'user' ? strings.you : host === undefined ? model : strings.modelAt({ model, host });
    section(role, { createdAt, state, modelLabel, host }, `## ${oneLine(author)}`, content);
    if (thinking !== undefined) section('thinking', {}, `### ${strings.thinking}`, thinking);
    for (const { name, mediaType, text } of attachments)
      section('attachment', { name, mediaType }, `### ${oneLine(name)}`, fenced(text));
  }
  return parts.join('\n');
}

function mark(kind: string, facts: object): string {
  return `<!-- hearth:${kind} ${JSON.stringify(facts).replaceAll('>', '\\u003e')} -->`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** In a fence that is longer than any run of backticks inside. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

/**
 * The chats of a Markdown file of ours; an empty list when it has no marks of ours. Ids are new.
 * @throws v.ValiError when a mark lacks what it should say, SyntaxError when it is not JSON
 */
export function parseMarkdown(text: string): StoredChat[] {
  const chats: StoredChat[] = [];
  for (const { kind, facts, body } of sectionsOf(text)) {
    if (kind === 'chat') {
      const { version: _, ...fields } = v.parse(chatMark, facts);
      chats.push({ chat: { ...emptyChat(newId(), fields.createdAt), ...fields }, messages: [] });
      continue;
    }
    const current = chats.at(-1);
    if (!current) continue; // cut off at the top
    const { chat, messages } = current;
    const last = messages.at(-1);
    if (kind === 'system') chat.systemPrompt = body;
    else if (kind === 'thinking') {
      if (last) last.thinking = body;
    } else if (kind === 'attachment') {
      if (last) (last.attachments ??= []).push(readAttachment(facts, body));
    } else {
      const message: Message = {
        ...v.parse(messageMark, facts),
        id: newId(),
        chatId: chat.id,
        parentId: last?.id ?? null,
        role: kind,
        content: body,
        revision: 0,
      };
      messages.push(message);
      chat.leafId = message.id;
    }
  }
  return chats;
}

function readAttachment(facts: unknown, body: string): Attachment {
  return { id: newId(), ...v.parse(attachmentMark, facts), text: body.split('\n').slice(1, -1).join('\n') };
}

interface Section {
  kind: 'chat' | 'system' | 'user' | 'assistant' | 'thinking' | 'attachment';
  facts: unknown;
  body: string;
}

/** Between two marks stand a heading, a blank line, the body and a blank line. */
function sectionsOf(text: string): Section[] {
  const sections: (Section & { lines: string[] })[] = [];
  for (const line of text.replaceAll('\r\n', '\n').split('\n')) {
    const found = MARK.exec(line);
    if (found) {
      const [, kind, facts] = found as unknown as [string, Section['kind'], string];
      sections.push({ kind, facts: JSON.parse(facts), body: '', lines: [] });
    } else sections.at(-1)?.lines.push(line);
  }
  return sections.map(({ kind, facts, lines }) => ({
    kind,
    facts,
    body: lines.slice(2, -1).join('\n').replace(ESCAPED_MARK, '<!-- $1hearth:'),
  }));
}

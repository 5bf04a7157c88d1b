/**
 * Chats as JSON for other places and times: the format `hearth-chats`, drawn in FORMAT.md. What only this browser needs
 * (revisions, deletions, who has been chosen to answer elsewhere) stays behind. A backup is the same with presets, settings and the batch.
 */
import * as v from 'valibot';
import { ALLOWED_SITES_KEY } from '../../client/allowed-sites';
import { MAX_CONCURRENCY, type StoredBatch } from '../batch/types';
import type { StoredChat } from './chat-store';
import { settled } from './chat-store';
import { OUR_KEYS } from './erase';
import type { Chat, Message, Preset } from './types';

export const FORMAT_NAME = 'hearth-chats';
export const FORMAT_VERSION = 1;

const time = v.pipe(v.number(), v.finite());
const id = v.pipe(v.string(), v.minLength(1));

const samplingSchema = v.object({
  temperature: v.optional(v.number()),
  topK: v.optional(v.number()),
  topP: v.optional(v.number()),
  minP: v.optional(v.number()),
  repetitionPenalty: v.optional(v.number()),
  frequencyPenalty: v.optional(v.number()),
  presencePenalty: v.optional(v.number()),
  logitBias: v.optional(v.record(v.string(), v.number())),
  seed: v.optional(v.number()),
  maxTokens: v.optional(v.number()),
  stop: v.optional(v.array(v.string())),
});

const statsSchema = v.objectWithRest(
  {
    promptTokens: v.number(),
    completionTokens: v.number(),
    timeToFirstTokenMs: v.number(),
    prefillTokensPerSecond: v.number(),
    decodeTokensPerSecond: v.number(),
    totalMs: v.number(),
    cachedTokens: v.optional(v.number()),
    draftTokens: v.optional(v.number()),
    acceptedTokens: v.optional(v.number()),
    queueMs: v.optional(v.number()),
    tokenMs: v.optional(v.object({ p50: v.number(), p90: v.number(), p99: v.number() })),
  },
  v.unknown(), // figures that later versions measure
);

const attachmentSchema = v.object({ id, name: v.string(), mediaType: v.string(), text: v.string() });

const messageSchema = v.object({
  id,
  parentId: v.nullable(id),
  role: v.picklist(['user', 'assistant']),
  content: v.string(),
  thinking: v.optional(v.string()),
  stats: v.optional(statsSchema),
  leftOut: v.optional(v.number()),
  draftedRanges: v.optional(v.array(v.tuple([v.number(), v.number()]))),
  modelLabel: v.optional(v.string()),
  host: v.optional(v.string()),
  createdAt: time,
  state: v.picklist(['done', 'stopped', 'error']),
  attachments: v.optional(v.array(attachmentSchema)),
});

export const chatSchema = v.object({
  id,
  title: v.string(),
  titleSource: v.picklist(['auto', 'person']),
  createdAt: time,
  updatedAt: time,
  pinned: v.boolean(),
  leafId: v.nullable(id),
  systemPrompt: v.string(),
  sampling: samplingSchema,
  presetId: v.nullable(id),
  modelId: v.nullable(v.string()),
  messages: v.array(messageSchema),
});

const presetSchema = v.object({ id, name: v.string(), systemPrompt: v.string(), sampling: samplingSchema });

const batchSchema = v.pipe(
  v.object({
    file: v.object({
      name: v.string(),
      format: v.picklist(['csv', 'jsonl', 'lines']),
      records: v.pipe(v.array(v.array(v.string())), v.minLength(1)),
      hasHeader: v.boolean(),
    }),
    settings: v.object({
      template: v.string(),
      systemPrompt: v.string(),
      sampling: samplingSchema,
      concurrency: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_CONCURRENCY)),
    }),
    results: v.array(
      v.object({
        row: v.pipe(v.number(), v.integer(), v.minValue(0)),
        answer: v.string(),
        finishReason: v.picklist(['stop', 'length', 'failed']),
        error: v.optional(v.string()),
        promptTokens: v.number(),
        completionTokens: v.number(),
        seed: v.nullable(v.number()),
        modelLabel: v.string(),
      }),
    ),
  }),
  v.transform((batch): StoredBatch => batch),
);

export const exportSchema = v.object({
  format: v.literal(FORMAT_NAME),
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  exportedAt: v.optional(v.string()),
  chats: v.array(chatSchema),
  presets: v.optional(v.array(presetSchema), []),
  settings: v.optional(v.pipe(v.record(v.string(), v.string()), v.transform(withoutConsents)), {}),
  batch: v.optional(batchSchema),
});

export type ExportedChat = v.InferOutput<typeof chatSchema>;
export type ExportedMessage = v.InferOutput<typeof messageSchema>;

/** What a backup holds besides chats. */
export interface BackupExtras {
  presets: Preset[];
  /** The keys of this page in localStorage, as they are. */
  settings: Record<string, string>;
  batch?: StoredBatch;
}

/** Keys of ours. What other sites may do a person says in each browser, and no file does. */
function withoutConsents(settings: Record<string, string>): Record<string, string> {
  const ours = Object.entries(settings).filter(([key]) => key.startsWith(OUR_KEYS) && key !== ALLOWED_SITES_KEY);
  return Object.fromEntries(ours);
}

/** A chat with its messages, oldest first, as it stands in an export. */
export function toExported({ chat, messages }: StoredChat): ExportedChat {
  const { deletedAt: _deleted, revision: _revision, remote: _remote, ...fields } = chat;
  const sorted = [...messages].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  return { ...fields, messages: sorted.map(exportMessage) };
}

function exportMessage(message: Message): ExportedMessage {
  const { chatId: _chat, revision: _revision, ...fields } = settled(message);
  return fields as ExportedMessage;
}

/** The opposite of `toExported`; never stored before. */
export function fromExported({ messages, ...fields }: ExportedChat): StoredChat {
  const chat: Chat = { ...fields, deletedAt: null, revision: 0 };
  return { chat, messages: messages.map((message): Message => ({ ...message, chatId: chat.id, revision: 0 })) };
}

/**
 * The text of an export in pieces, one for each chat, so that no piece is long to make.
 * @param exportedAt milliseconds since 1970
 */
export async function* writeExport(
  chats: AsyncIterable<StoredChat>,
  exportedAt: number,
  extras?: BackupExtras,
): AsyncGenerator<string, void, undefined> {
  const head = {
    format: FORMAT_NAME,
    version: FORMAT_VERSION,
    exportedAt: new Date(exportedAt).toISOString(),
    ...extras,
    ...(extras && { settings: withoutConsents(extras.settings) }),
  };
  yield `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "chats": [`;
  let separator = '\n';
  for await (const chat of chats) {
    yield `${separator}${JSON.stringify(toExported(chat), null, 1)}`;
    separator = ',\n';
  }
  yield '\n  ]\n}\n';
}

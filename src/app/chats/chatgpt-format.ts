/**
 * Conversations of a ChatGPT export (`conversations.json`). Each is a tree of nodes under `mapping`; kept are the texts of the
 * person and the assistant with their branches. What is neither (tools, pictures, hidden notes) is taken out and what hangs
 * below it moves up; an answer that was told in several pieces becomes one again.
 */
import * as v from 'valibot';
import { present } from '../../lib/invariant';
import type { StoredChat } from './chat-store';
import { newId } from './ids';
import { titleOf } from './title';
import { buildTree, leafBelow, pathTo } from './tree';
import { emptyChat, type Message } from './types';

const nodeSchema = v.object({
  id: v.optional(v.string()),
  parent: v.nullish(v.string()),
  message: v.nullish(
    v.object({
      author: v.object({ role: v.string() }),
      create_time: v.nullish(v.number()),
      content: v.object({ content_type: v.string(), parts: v.optional(v.array(v.unknown())) }),
      metadata: v.nullish(
        v.object({ model_slug: v.nullish(v.string()), is_visually_hidden_from_conversation: v.nullish(v.boolean()) }),
      ),
    }),
  ),
});

export const conversationSchema = v.object({
  id: v.optional(v.string()),
  conversation_id: v.optional(v.string()),
  title: v.nullish(v.string()),
  create_time: v.nullish(v.number()),
  update_time: v.nullish(v.number()),
  current_node: v.nullish(v.string()),
  mapping: v.record(v.string(), nodeSchema),
});

type Conversation = v.InferOutput<typeof conversationSchema>;
type Node = v.InferOutput<typeof nodeSchema>;

/** Whether a parsed list is meant as a ChatGPT export, so that its faults can be told as such. */
export function looksLikeChatGpt(list: readonly unknown[]): boolean {
  return list.length > 0 && list.every((one) => typeof one === 'object' && one && 'mapping' in one);
}

/**
 * A conversation as a chat; without messages when nothing in it is text.
 * @param now for a conversation that does not say when it began
 * @param onLoop called when a node is its own ancestor; must throw
 */
export function fromChatGpt(conversation: Conversation, now: number, onLoop: (nodeId: string) => never): StoredChat {
  const { mapping, title, current_node } = conversation;
  const createdAt = toMs(conversation.create_time) ?? now;
  const chatId = conversation.conversation_id ?? conversation.id ?? newId();
  const children = childrenOf(mapping);
  const nodes = parentsFirst(children);
  const reached = new Set(nodes);
  const looped = Object.keys(mapping).find((id) => !reached.has(id));
  if (looped !== undefined) onLoop(looped);

  const messages = new Map<string, Message>();
  /** For each node the message at or above it: where a child hangs once what is not kept is taken out. */
  const keptAt = new Map<string, string | null>();
  /** Nodes whose way down from the message above has other branches. */
  const branched = new Set<string>();
  let systemPrompt = '';
  for (const nodeId of nodes) {
    const node = present(mapping[nodeId], 'the node');
    const parentNode = node.parent ?? '';
    const parentId = keptAt.get(parentNode) ?? null;
    const parent = parentId === null ? undefined : messages.get(parentId);
    const isBranch = (children.get(parentNode)?.length ?? 0) > 1;
    if (isBranch || (branched.has(parentNode) && !messages.has(parentNode))) branched.add(nodeId);

    const text = textOf(node);
    const role = node.message?.author.role;
    if (text === '' || (role !== 'user' && role !== 'assistant')) {
      if (role === 'system') systemPrompt ||= text;
      keptAt.set(nodeId, parentId);
    } else if (role === 'assistant' && parent?.role === 'assistant' && !branched.has(nodeId)) {
      parent.content += `\n\n${text}`; // the answer goes on after a tool
      keptAt.set(nodeId, parent.id);
    } else {
      const modelSlug = node.message?.metadata?.model_slug;
      messages.set(nodeId, {
        id: nodeId,
        chatId,
        parentId,
        role,
        content: text,
        ...(role === 'assistant' && modelSlug ? { modelLabel: modelSlug } : {}),
        createdAt: toMs(node.message?.create_time) ?? parent?.createdAt ?? createdAt,
        state: 'done',
        revision: 0,
      });
      keptAt.set(nodeId, nodeId);
    }
  }

  const list = [...messages.values()];
  const tree = buildTree(list);
  const leafId = leafBelow(tree, keptAt.get(current_node ?? '') ?? null);
  return {
    chat: {
      ...emptyChat(chatId, createdAt),
      title: title || titleOf(pathTo(tree, leafId)[0]?.content ?? ''),
      titleSource: title ? 'person' : 'auto',
      updatedAt: toMs(conversation.update_time) ?? createdAt,
      leafId,
      systemPrompt,
    },
    messages: list,
  };
}

type Mapping = Conversation['mapping'];

/** Node ids by parent, roots under "". The `children` of the file say the same and may disagree, so they are not read. */
function childrenOf(mapping: Mapping): Map<string, string[]> {
  const children = new Map<string, string[]>();
  for (const [id, { parent }] of Object.entries(mapping)) {
    const key = parent != null && Object.hasOwn(mapping, parent) ? parent : '';
    const siblings = children.get(key);
    if (siblings) siblings.push(id);
    else children.set(key, [id]);
  }
  return children;
}

/** All nodes that hang from a root. */
function parentsFirst(children: Map<string, string[]>): string[] {
  const order = [...(children.get('') ?? [])];
  for (let index = 0; index < order.length; index++) order.push(...(children.get(order[index] ?? '') ?? []));
  return order;
}

/** The plain text of a node; "" for what is hidden or is no text. */
function textOf({ message }: Node): string {
  if (!message || message.metadata?.is_visually_hidden_from_conversation) return '';
  const { content_type, parts = [] } = message.content;
  if (content_type !== 'text' && content_type !== 'multimodal_text') return '';
  return parts
    .filter((part) => typeof part === 'string')
    .join('\n\n')
    .trim();
}

/** Seconds with fractions, as the file has them. */
function toMs(seconds: number | null | undefined): number | null {
  return seconds == null ? null : Math.round(seconds * 1000);
}

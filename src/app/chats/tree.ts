/**
 * The messages of a chat as a tree, and what can be done to it. Siblings are the versions of one turn: ‹ 2/3 › walks through
 * them, and a path from a root to a leaf is one reading of the chat. Every function is pure and gives a new tree; storing is
 * `chat-store.ts`. A message whose parent is not there (another tab deleted it meanwhile) stands as a root, so nothing is
 * ever hidden.
 */
import { invariant, present } from '../../lib/invariant';
import type { Attachment, Message } from './types';

export interface MessageTree {
  readonly messages: ReadonlyMap<string, Message>;
  /** Ids in the order they were made; the roots are under null. */
  readonly children: ReadonlyMap<string | null, readonly string[]>;
}

/** What every new message needs from outside. */
export interface Stamp {
  id: string;
  createdAt: number;
}

export const EMPTY_TREE: MessageTree = { messages: new Map(), children: new Map() };

export function buildTree(messages: Iterable<Message>): MessageTree {
  const sorted = [...messages].sort(byAge);
  const byId = new Map(sorted.map((message) => [message.id, message]));
  const children = new Map<string | null, string[]>();
  for (const { id, parentId } of sorted) {
    const parent = parentId !== null && byId.has(parentId) ? parentId : null;
    const siblings = children.get(parent);
    if (siblings) siblings.push(id);
    else children.set(parent, [id]);
  }
  return { messages: byId, children };
}

/** Two tabs must agree on the order, also of messages made in the same millisecond. */
function byAge(a: Message, b: Message): number {
  return a.createdAt - b.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** From the root to this message. Unknown ids and null give an empty path. */
export function pathTo(tree: MessageTree, leafId: string | null): Message[] {
  const path: Message[] = [];
  for (let at = leafId === null ? undefined : tree.messages.get(leafId); at; at = parentOf(tree, at)) {
    path.push(at);
    invariant(path.length <= tree.messages.size, 'a message is its own ancestor');
  }
  return path.toReversed();
}

function parentOf(tree: MessageTree, { parentId }: Message): Message | undefined {
  return parentId === null ? undefined : tree.messages.get(parentId);
}

/** The versions of this turn, itself among them, and its place. The arrows show `index + 1` of `ids.length`. */
export function siblingsOf(tree: MessageTree, id: string): { ids: readonly string[]; index: number } {
  const message = present(tree.messages.get(id), 'the message');
  const ids = present(tree.children.get(parentOf(tree, message)?.id ?? null), 'the siblings of a message');
  return { ids, index: ids.indexOf(id) };
}

/** The end of the newest branch that goes through this message; with null the end of the newest branch of all. */
export function leafBelow(tree: MessageTree, id: string | null): string | null {
  let leaf = id;
  for (;;) {
    const newest = tree.children.get(leaf)?.at(-1);
    if (newest === undefined) return leaf;
    leaf = newest;
  }
}

/** The leaf after one step through the versions of a turn, or null at either end. @param step -1 back, 1 forth */
export function neighbourLeaf(tree: MessageTree, id: string, step: -1 | 1): string | null {
  const { ids, index } = siblingsOf(tree, id);
  const neighbour = ids[index + step];
  return neighbour === undefined ? null : leafBelow(tree, neighbour);
}

/** Adds a message, or puts a new version of it in its place. */
export function putMessage(tree: MessageTree, message: Message): MessageTree {
  const known = tree.messages.get(message.id);
  const messages = new Map(tree.messages).set(message.id, message);
  const staysInPlace = known?.parentId === message.parentId && known.createdAt === message.createdAt;
  return staysInPlace ? { messages, children: tree.children } : buildTree(messages.values());
}

/** A person's message under `parentId`. */
export function say(
  tree: MessageTree,
  said: { chatId: string; parentId: string | null; content: string; attachments?: Attachment[] },
  stamp: Stamp,
): { tree: MessageTree; message: Message } {
  return withMessage(tree, { ...stamp, ...said, role: 'user', state: 'done', revision: 0 });
}

/** An answer that begins under a message of the person's. Answering the same message again makes a sibling. */
export function beginAnswer(
  tree: MessageTree,
  parentId: string,
  author: Pick<Message, 'modelLabel' | 'host'>,
  stamp: Stamp,
): { tree: MessageTree; message: Message } {
  const { chatId } = present(tree.messages.get(parentId), 'the message to answer');
  return withMessage(tree, {
    ...stamp,
    chatId,
    parentId,
    role: 'assistant',
    content: '',
    ...author,
    state: 'streaming',
    revision: 0,
  });
}

/** Another version of a message with other words, beside it: a new branch. What was below stays below the old version. */
export function edit(
  tree: MessageTree,
  id: string,
  content: string,
  stamp: Stamp,
): { tree: MessageTree; message: Message } {
  const {
    stats: _,
    leftOut: _left,
    draftedRanges: _drafted,
    ...original
  } = present(tree.messages.get(id), 'the message to edit');
  return withMessage(tree, { ...original, ...stamp, content, state: 'done', revision: 0 });
}

/** An answer goes on from where it ended; its text so far stays. */
export function continueAnswer(tree: MessageTree, id: string): { tree: MessageTree; message: Message } {
  const message = present(tree.messages.get(id), 'the answer to continue');
  invariant(message.role === 'assistant', 'only answers are continued');
  return withMessage(tree, { ...message, state: 'streaming' });
}

function withMessage(tree: MessageTree, message: Message): { tree: MessageTree; message: Message } {
  return { tree: putMessage(tree, message), message };
}

/** A message and all below it, parents before children. */
export function subtreeOf(tree: MessageTree, id: string): Message[] {
  const subtree: Message[] = [];
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    subtree.push(present(tree.messages.get(next), 'the message of a subtree'));
    open.push(...(tree.children.get(next) ?? []));
  }
  return subtree;
}

/** Takes a message and all below it out. `putBack` with what was removed undoes it. */
export function removeSubtree(tree: MessageTree, id: string): { tree: MessageTree; removed: Message[] } {
  const removed = subtreeOf(tree, id);
  const gone = new Set(removed.map((message) => message.id));
  return { tree: buildTree([...tree.messages.values()].filter((message) => !gone.has(message.id))), removed };
}

export function putBack(tree: MessageTree, removed: readonly Message[]): MessageTree {
  return buildTree([...tree.messages.values(), ...removed]);
}

/** Where to stand once a subtree is gone: where one stood, or in the version beside it, or at its parent, or nowhere. */
export function leafAfterRemoval(tree: MessageTree, id: string, leafId: string | null): string | null {
  const { tree: rest } = removeSubtree(tree, id);
  if (leafId !== null && rest.messages.has(leafId)) return leafId;
  const { ids, index } = siblingsOf(tree, id);
  const beside = ids[index - 1] ?? ids[index + 1];
  if (beside !== undefined) return leafBelow(rest, beside);
  return parentOf(tree, present(tree.messages.get(id), 'the removed message'))?.id ?? null;
}

/**
 * Which leaf to show when another tab has moved to `theirs`: one that goes on from ours is followed, another branch is not,
 * because nobody likes a page that turns by itself.
 */
export function followLeaf(tree: MessageTree, ours: string | null, theirs: string | null): string | null {
  if (ours === null || !tree.messages.has(ours)) {
    return theirs !== null && tree.messages.has(theirs) ? theirs : leafBelow(tree, null);
  }
  return pathTo(tree, theirs).some(({ id }) => id === ours) ? theirs : ours;
}

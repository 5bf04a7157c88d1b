import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginAnswer,
  buildTree,
  continueAnswer,
  edit,
  EMPTY_TREE,
  followLeaf,
  leafAfterRemoval,
  leafBelow,
  neighbourLeaf,
  pathTo,
  putBack,
  putMessage,
  removeSubtree,
  say,
  siblingsOf,
  subtreeOf,
  type MessageTree,
} from './tree';
import type { Message } from './types';

const message = (id: string, parentId: string | null, more: Partial<Message> = {}): Message => ({
  id,
  chatId: 'chat',
  parentId,
  role: 'user',
  content: id,
  createdAt: 0,
  state: 'done',
  revision: 1,
  ...more,
});

/** Random trees: message i hangs below one before it or is a root; ages may be equal. */
const messagesArbitrary = fc
  .array(fc.record({ parent: fc.nat(), age: fc.nat(3) }), { minLength: 1, maxLength: 30 })
  .map((specs) =>
    specs.map(({ parent, age }, index) => {
      const at = parent % (index + 1);
      return message(`m${String(index).padStart(2, '0')}`, at === index ? null : `m${String(at).padStart(2, '0')}`, {
        createdAt: age,
      });
    }),
  );
const treeAndId = messagesArbitrary.chain((messages) =>
  fc.record({
    messages: fc.constant(messages),
    tree: fc.constant(buildTree(messages)),
    id: fc.constantFrom(...messages.map(({ id }) => id)),
    other: fc.constantFrom(...messages.map(({ id }) => id)),
  }),
);
const stamp = { id: 'new', createdAt: 9 };

/** The same for trees that are the same: messages by id, children in their order. */
const essence = ({ messages, children }: MessageTree) => ({
  messages: Object.fromEntries(messages),
  children: Object.fromEntries([...children].map(([id, ids]) => [id ?? 'roots', ids])),
});

describe('a tree of messages', () => {
  it('does not depend on the order in which its messages were read', () => {
    fc.assert(
      fc.property(
        messagesArbitrary.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          expect(essence(buildTree(shuffled))).toEqual(essence(buildTree(list)));
        },
      ),
    );
  });

  it('grown one by one is the tree built at once', () => {
    fc.assert(
      fc.property(messagesArbitrary, (list) => {
        expect(essence(list.reduce(putMessage, EMPTY_TREE))).toEqual(essence(buildTree(list)));
      }),
    );
  });

  it('has for each message a path from a root to it, each the child of the one before', () => {
    fc.assert(
      fc.property(treeAndId, ({ tree, id }) => {
        const path = pathTo(tree, id);
        expect(path.at(-1)?.id).toBe(id);
        expect(path[0]?.parentId).toBeNull();
        for (const [index, { parentId }] of path.entries()) expect(parentId).toBe(path[index - 1]?.id ?? null);
      }),
    );
  });

  it('has no path for null and for unknown ids', () => {
    expect(pathTo(buildTree([message('a', null)]), null)).toEqual([]);
    expect(pathTo(buildTree([message('a', null)]), 'b')).toEqual([]);
  });

  it('shows a message as a root when its parent is not there, and in its place when it comes', () => {
    const child = message('child', 'parent');
    const orphaned = buildTree([child]);
    expect(pathTo(orphaned, 'child')).toEqual([child]);
    const parent = message('parent', null);
    expect(pathTo(putMessage(orphaned, parent), 'child')).toEqual([parent, child]);
  });

  it('keeps siblings together, itself in its place, oldest first', () => {
    fc.assert(
      fc.property(treeAndId, ({ tree, id }) => {
        const { ids, index } = siblingsOf(tree, id);
        expect(ids[index]).toBe(id);
        const siblings = ids.map((one) => tree.messages.get(one) as Message);
        expect(new Set(siblings.map(({ parentId }) => parentId)).size).toBe(1);
        for (const [at, { createdAt }] of siblings.entries())
          expect(createdAt).toBeGreaterThanOrEqual(siblings[at - 1]?.createdAt ?? 0);
      }),
    );
  });

  it('ends below any message at a leaf of its subtree, in the newest branch', () => {
    fc.assert(
      fc.property(treeAndId, ({ tree, id }) => {
        const leaf = leafBelow(tree, id) as string;
        expect(tree.children.get(leaf)).toBeUndefined();
        const path = pathTo(tree, leaf);
        const from = path.findIndex((one) => one.id === id);
        expect(from).toBeGreaterThanOrEqual(0);
        for (const one of path.slice(from + 1)) expect(siblingsOf(tree, one.id).ids.at(-1)).toBe(one.id);
      }),
    );
    expect(leafBelow(EMPTY_TREE, null)).toBeNull();
  });

  it('steps through versions and ends at either end', () => {
    const tree = buildTree([message('a', null), message('b', null), message('b1', 'b'), message('c', null)]);
    expect(neighbourLeaf(tree, 'a', 1)).toBe('b1');
    expect(neighbourLeaf(tree, 'c', -1)).toBe('b1');
    expect(neighbourLeaf(tree, 'a', -1)).toBeNull();
    expect(neighbourLeaf(tree, 'c', 1)).toBeNull();
  });
});

describe('what is done to it', () => {
  it('editing makes a version beside and leaves everything else as it was', () => {
    fc.assert(
      fc.property(treeAndId, ({ tree, id }) => {
        const { tree: after, message: edited } = edit(tree, id, 'other words', stamp);
        expect(edited).toMatchObject({ id: 'new', content: 'other words', state: 'done', revision: 0 });
        expect(siblingsOf(after, 'new')).toEqual({
          ids: [...siblingsOf(tree, id).ids, 'new'],
          index: siblingsOf(tree, id).ids.length,
        });
        expect(tree.messages.has('new')).toBe(false);
        for (const [known, same] of tree.messages) expect(after.messages.get(known)).toBe(same);
      }),
    );
  });

  it('an edited message keeps its attachments and loses the figures of the old words', () => {
    const stats = { completionTokens: 3 } as Message['stats'];
    const attachments = [{ id: 'x', name: 'x.txt', mediaType: 'text/plain', text: 'x' }];
    const written = { stats, attachments, leftOut: 2, draftedRanges: [[0, 1]] as [number, number][] };
    const { message: edited } = edit(buildTree([message('a', null, written)]), 'a', 'b', stamp);
    expect(edited.attachments).toEqual(attachments);
    for (const of of ['stats', 'leftOut', 'draftedRanges']) expect(edited).not.toHaveProperty(of);
  });

  it('answering again makes a sibling of the answer', () => {
    const first = beginAnswer(
      buildTree([message('q', null)]),
      'q',
      { modelLabel: 'Tales' },
      { id: 'a1', createdAt: 1 },
    );
    const second = beginAnswer(first.tree, 'q', { modelLabel: 'Tales' }, { id: 'a2', createdAt: 2 });
    expect(siblingsOf(second.tree, 'a2')).toEqual({ ids: ['a1', 'a2'], index: 1 });
    expect(second.message).toMatchObject({ role: 'assistant', state: 'streaming', modelLabel: 'Tales', content: '' });
  });

  it('saying appends to the branch it is said in', () => {
    fc.assert(
      fc.property(treeAndId, ({ tree, id }) => {
        const said = say(tree, { chatId: 'chat', parentId: id, content: 'and?' }, stamp);
        expect(pathTo(said.tree, 'new').map((one) => one.id)).toEqual([
          ...pathTo(tree, id).map((one) => one.id),
          'new',
        ]);
      }),
    );
  });

  it('only answers are continued, from the words they have', () => {
    const tree = buildTree([message('q', null), message('a', 'q', { role: 'assistant', state: 'stopped' })]);
    expect(continueAnswer(tree, 'a').message).toMatchObject({ id: 'a', content: 'a', state: 'streaming' });
    expect(() => continueAnswer(tree, 'q')).toThrow('only answers are continued');
  });

  it('deleting takes the whole subtree and nothing else; putting back undoes it', () => {
    fc.assert(
      fc.property(treeAndId, ({ tree, id, other }) => {
        const { tree: rest, removed } = removeSubtree(tree, id);
        expect(removed.map((one) => one.id).sort()).toEqual(
          [...tree.messages.keys()].filter((one) => pathTo(tree, one).some((above) => above.id === id)).sort(),
        );
        expect(rest.messages.size + removed.length).toBe(tree.messages.size);
        expect(rest.messages.has(other)).toBe(!removed.some((one) => one.id === other));
        expect(essence(putBack(rest, removed))).toEqual(essence(tree));
        expect(subtreeOf(tree, id)[0]?.id).toBe(id);
      }),
    );
  });

  it('after deleting one stands where one stood, or beside, or above', () => {
    fc.assert(
      fc.property(treeAndId, ({ tree, id, other }) => {
        const shown = leafBelow(tree, other);
        const { tree: rest } = removeSubtree(tree, id);
        const left = leafAfterRemoval(tree, id, shown);
        if (shown !== null && rest.messages.has(shown)) expect(left).toBe(shown);
        else if (left !== null) expect(rest.messages.has(left)).toBe(true);
        else expect(siblingsOf(tree, id).ids).toEqual([id]);
      }),
    );
  });

  it('another tab is followed down the same branch, never to another one', () => {
    fc.assert(
      fc.property(treeAndId, ({ tree, id, other }) => {
        const isBelow = pathTo(tree, other).some((above) => above.id === id);
        expect(followLeaf(tree, id, other)).toBe(isBelow ? other : id);
        expect(followLeaf(tree, 'gone', other)).toBe(other);
        expect(followLeaf(tree, null, 'gone')).toBe(leafBelow(tree, null));
      }),
    );
  });
});

/**
 * Which blocks hold the keys and values of which tokens. A block is found by all tokens up to its last one: its own and,
 * through its parents, those before it. What others call a block hash is here the path from the root, compared token by
 * token, so that nothing can collide. The salt belongs to the first block: what one origin asked is never found by another.
 */
import { BLOCK } from '../kernels/shared/kv-pool';

/** A full block that can be found. */
export interface BlockNode {
  readonly block: number;
  /** The draft's pool holds these positions too. */
  drafted: boolean;
  /** False once it has been forgotten; then it is never found again. */
  findable: boolean;
  readonly siblings: Siblings;
  readonly key: string;
  readonly children: Siblings;
}

/** The blocks that may follow the same tokens, by their own tokens. */
type Siblings = Map<string, BlockNode>;

export class PrefixTree {
  readonly #first: Siblings = new Map();

  /** The longest chain of blocks that begins `ids`, at most `limit` of them. */
  find(ids: readonly number[], salt: string, limit: number): BlockNode[] {
    const chain: BlockNode[] = [];
    let siblings = this.#first;
    while (chain.length < limit) {
      const node = siblings.get(keyOf(ids, chain.length, salt));
      if (!node) break;
      chain.push(node);
      siblings = node.children;
    }
    return chain;
  }

  /**
   * Makes `block` findable as the one after `chain`, which holds block `chain.length` of `ids`.
   * @returns its node, or that of the equal block which was there before.
   */
  insert(chain: readonly BlockNode[], ids: readonly number[], salt: string, block: number): BlockNode {
    const siblings = chain.at(-1)?.children ?? this.#first;
    const key = keyOf(ids, chain.length, salt);
    const known = siblings.get(key);
    if (known) return known;
    const node = { block, drafted: false, findable: true, siblings, key, children: new Map() };
    siblings.set(key, node);
    return node;
  }

  /** Forgets a block and all that follow it, which nobody could reach any more. @returns their nodes. */
  forget(node: BlockNode): BlockNode[] {
    node.siblings.delete(node.key);
    const forgotten = [node];
    for (const each of forgotten) {
      each.findable = false;
      forgotten.push(...each.children.values()); // the loop goes on over what is added
    }
    return forgotten;
  }
}

/** The tokens of block `index` of a sequence; after a space, which no list of tokens has, the salt of the first. */
function keyOf(ids: readonly number[], index: number, salt: string): string {
  const tokens = ids.slice(index * BLOCK, (index + 1) * BLOCK).join();
  return index === 0 ? `${tokens} ${salt}` : tokens;
}

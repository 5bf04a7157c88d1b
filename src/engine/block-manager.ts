/**
 * Which blocks of the KV pools belong to whom. A block is 32 positions of every layer, of the model and of its draft; a
 * sequence's block table names its blocks in order. The numbers themselves lie in device buffers that only kernels touch.
 *
 * A block is *free*, *live* (one sequence or several hold it) or *cached* (nobody holds it, but a prompt that begins alike
 * may find it; the least recently used are evicted first). Sequences share full blocks only, and only settled ones: those
 * nobody will write again. So a write never meets a reader, and nothing is ever copied: what of a prefix ends inside a
 * block is computed again, at most 33 rows.
 *
 * Steps run behind the CPU. They are numbered as they are submitted, and a released sequence keeps its slot and its blocks
 * until its fence, the last step that names its slot, has passed.
 */
import { BLOCK } from '../kernels/shared/kv-pool';
import { HearthError } from '../lib/errors';
import { invariant, present } from '../lib/invariant';
import { divideUp } from '../lib/shapes';
import { PrefixTree } from './prefix-tree';
import type { BlockNode } from './prefix-tree';

export interface BlockManagerOptions {
  /** Blocks in each pool; the last is the scratch block. */
  blocks: number;
  /** Sequences that may be live at once. */
  slots: number;
  /** Positions one sequence may have. */
  contextLength: number;
}

/** What a sequence got when it was taken in. */
export interface Admission {
  slot: number;
  /** Its first positions, whose keys and values are there already. A multiple of 32. */
  cachedPositions: number;
  /**
   * The first of them that the draft's pool holds too. A draft that fills the others writes into shared blocks, but what
   * anyone would write there: the same bits from the same tokens. Nobody reads them before they are published as drafted.
   */
  draftCached: number;
}

export interface BlockStats {
  /** Blocks that sequences hold, those before their fence among them. */
  used: number;
  cached: number;
  free: number;
  /** Full blocks of admitted prompts that could have been cached. */
  lookups: number;
  /** Those that were. */
  hits: number;
  /** hits / lookups, 0 before the first lookup. */
  hitRate: number;
  /** Cached blocks given up to make room. */
  evictions: number;
}

/** What a live slot holds. */
interface Holding {
  readonly salt: string;
  readonly blocks: number[];
  /** The findable blocks of its tokens: its own, or equal ones that were published before. */
  readonly chain: BlockNode[];
  /** How many blocks of the chain have been looked at for the draft. */
  drafted: number;
  /** The last step that may touch it; null until it is released. */
  fence: number | null;
}

export class BlockManager {
  /** Blocks in each pool, the scratch block among them. */
  readonly blocks: number;
  /** [slots + 1][tableStride]: block ids. What belongs to nobody, all of the null slot too, names the scratch block. */
  readonly tables: Uint32Array<ArrayBuffer>;
  readonly tableStride: number;
  /** The slot of rows that belong to nobody: what they write is never read. */
  readonly nullSlot: number;
  readonly #scratch: number;
  readonly #contextLength: number;
  readonly #slots: (Holding | null)[];
  readonly #free: number[];
  readonly #references: Uint32Array; // [blocks]: slots that hold it
  readonly #nodes: (BlockNode | null)[]; // [blocks]: null where it is not findable
  readonly #cached = new Set<number>(); // the least recently used first
  readonly #tree = new PrefixTree();
  #passed = 0;
  #changed = true;
  #lookups = 0;
  #hits = 0;
  #evictions = 0;

  constructor({ blocks, slots, contextLength }: BlockManagerOptions) {
    this.tableStride = divideUp(contextLength, BLOCK);
    invariant(blocks > this.tableStride && slots > 0, 'a pool holds one full sequence and the scratch block');
    this.blocks = blocks;
    this.nullSlot = slots;
    this.#scratch = blocks - 1;
    this.#contextLength = contextLength;
    this.tables = new Uint32Array((slots + 1) * this.tableStride).fill(this.#scratch);
    this.#slots = Array.from({ length: slots }, () => null);
    this.#free = Array.from({ length: blocks - 1 }, (_, i) => blocks - 2 - i);
    this.#references = new Uint32Array(blocks);
    this.#nodes = Array.from({ length: blocks }, () => null);
  }

  /** The last step known to have ended; 0 before the first. */
  get passedFence(): number {
    return this.#passed;
  }

  /** Somebody has been released whose fence has not passed: room will come without anybody giving up theirs. */
  get isReleasing(): boolean {
    return this.#slots.some((holding) => holding !== null && holding.fence !== null);
  }

  get stats(): BlockStats {
    const free = this.#free.length;
    const cached = this.#cached.size;
    return {
      used: this.#scratch - free - cached,
      cached,
      free,
      lookups: this.#lookups,
      hits: this.#hits,
      hitRate: this.#lookups > 0 ? this.#hits / this.#lookups : 0,
      evictions: this.#evictions,
    };
  }

  /**
   * Takes a sequence in: finds what is there of its tokens, and reserves blocks for the rest.
   * @param ids the tokens known, prompt and answer.
   * @param salt the origin it came from; only what was published under the same salt is found.
   * @param reserve positions to have blocks for, at least those of `ids`.
   * @param spare blocks that must be left over for those already here.
   * @returns null, with nothing changed, when there is no slot or not enough room.
   * @throws HearthError `context-overflow` when `reserve` is more than the context.
   */
  admit(ids: readonly number[], salt: string, reserve: number, spare = 0): Admission | null {
    invariant(ids.length > 0 && ids.length <= reserve, 'a sequence has a token and reserves what it has');
    this.#checkContext(reserve);
    const slot = this.#slots.indexOf(null);
    if (slot < 0) return null;
    const lookups = settledBlocks(ids.length);
    const chain = this.#tree.find(ids, salt, lookups);
    const shared = chain.map(({ block }) => block);
    const revived = shared.filter((block) => this.#references[block] === 0).length;
    const count = divideUp(reserve, BLOCK);
    if (count - shared.length + spare > this.#room - revived) return null;

    const holding: Holding = { salt, blocks: [], chain, drafted: 0, fence: null };
    this.#slots[slot] = holding;
    for (const block of shared) this.#hold(slot, holding, block);
    while (holding.blocks.length < count) this.#hold(slot, holding, this.#take());
    this.#lookups += lookups;
    this.#hits += shared.length;
    const undrafted = chain.findIndex(({ drafted }) => !drafted);
    return {
      slot,
      cachedPositions: BLOCK * chain.length,
      draftCached: BLOCK * (undrafted < 0 ? chain.length : undrafted),
    };
  }

  /**
   * Sees to it that a slot has blocks for all positions below `positions`.
   * @returns false, with nothing changed, when not enough are left.
   * @throws HearthError `context-overflow` when `positions` is more than the context.
   */
  grow(slot: number, positions: number): boolean {
    this.#checkContext(positions);
    const holding = this.#holding(slot);
    const count = divideUp(positions, BLOCK);
    if (count - holding.blocks.length > this.#room) return false;
    while (holding.blocks.length < count) this.#hold(slot, holding, this.#take());
    return true;
  }

  /**
   * Makes the settled blocks of a slot findable. Of equal blocks the first published stays the one that is found.
   * @param ids its tokens.
   * @param verified how many of them are final, and their keys and values, but for the last, computed.
   * @param draftVerified the same of the draft's pool, at most `verified`; 0 without a draft.
   */
  publish(slot: number, ids: readonly number[], verified: number, draftVerified: number): void {
    invariant(draftVerified <= verified && verified <= ids.length, 'what is verified is known');
    const holding = this.#holding(slot);
    const { salt, blocks, chain } = holding;
    while (chain.at(-1)?.findable === false) chain.pop(); // evicted meanwhile: equal blocks, or what they followed
    holding.drafted = Math.min(holding.drafted, chain.length);
    for (const settled = settledBlocks(verified); chain.length < settled;) {
      const block = present(blocks[chain.length], 'block of a verified position');
      const node = this.#tree.insert(chain, ids, salt, block);
      if (node.block === block) this.#nodes[block] = node;
      chain.push(node);
    }
    for (const settled = settledBlocks(draftVerified); holding.drafted < settled; holding.drafted++) {
      const node = present(chain[holding.drafted], 'published block');
      if (node.block === blocks[holding.drafted]) node.drafted = true; // of an equal block only its own slot can tell
    }
  }

  /**
   * Gives a slot up. Its blocks and its number are used again once `fence` has passed; until then nothing of it is written
   * by others, though its published blocks can be found.
   * @param fence the last submitted step that names the slot; 0 when none does.
   */
  release(slot: number, fence: number): void {
    this.#holding(slot).fence = fence;
    this.#dropReleased();
  }

  /** Every step up to `fence` has ended, and what it told has been taken in. */
  passFence(fence: number): void {
    this.#passed = Math.max(this.#passed, fence);
    this.#dropReleased();
  }

  /** True once after the tables changed. */
  takeChanges(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  /** Blocks that can be had: free ones, and cached ones that would be evicted. */
  get #room(): number {
    return this.#free.length + this.#cached.size;
  }

  #checkContext(positions: number): void {
    if (positions <= this.#contextLength) return;
    throw new HearthError(
      'context-overflow',
      `${positions} positions are asked of a context of ${this.#contextLength}.`,
    );
  }

  #holding(slot: number): Holding {
    const holding = present(this.#slots[slot], `what slot ${slot} holds`);
    invariant(holding.fence === null, `slot ${slot} has not been released`);
    return holding;
  }

  #hold(slot: number, holding: Holding, block: number): void {
    this.#cached.delete(block);
    this.#references[block]!++;
    this.tables[slot * this.tableStride + holding.blocks.length] = block;
    holding.blocks.push(block);
    this.#changed = true;
  }

  /** A free block, or the least recently used cached one. */
  #take(): number {
    if (this.#free.length === 0) {
      const [oldest] = this.#cached;
      this.#evict(present(this.#nodes[present(oldest, 'block to evict')], 'node of a cached block'));
    }
    return present(this.#free.pop(), 'free block');
  }

  /** What follows an evicted block cannot be found any more: cached blocks become free, live ones are published again. */
  #evict(node: BlockNode): void {
    for (const { block } of this.#tree.forget(node)) {
      this.#nodes[block] = null;
      if (!this.#cached.delete(block)) continue;
      this.#free.push(block);
      this.#evictions++;
    }
  }

  #dropReleased(): void {
    this.#slots.forEach((holding, slot) => {
      if (holding === null || holding.fence === null || holding.fence > this.#passed) return;
      this.#slots[slot] = null;
      this.tables.fill(this.#scratch, slot * this.tableStride, (slot + 1) * this.tableStride);
      this.#changed = true;
      // From the end: a block is evicted before the one it follows, without which it could not be found.
      for (const block of holding.blocks.toReversed()) {
        this.#references[block]!--;
        if (this.#references[block]! > 0) continue;
        if (this.#nodes[block]) this.#cached.add(block);
        else this.#free.push(block);
      }
    });
  }
}

/**
 * Full blocks of a sequence of `length` tokens that nobody will write again. Its last token has no keys and values yet,
 * position length − 1; and the first step of a draft writes position length − 2 once more, because after a round whose
 * guesses were all accepted the draft has not seen that token. So the last position of a settled block is at most
 * length − 3. A length never shrinks, so what is settled stays so; and a sequence that begins with settled blocks of its
 * own length writes none of them.
 */
function settledBlocks(length: number): number {
  return Math.max(0, Math.floor((length - 2) / BLOCK));
}

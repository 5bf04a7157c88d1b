/**
 * One request's tokens and where they stand. `0 <= cached <= length <= capacity`: of the prompt and the answer so far, the
 * first `cached` have their keys and values in the cache; the next rows to compute are those after them, and the last
 * gives the next token.
 */
import { invariant, present } from '../lib/invariant';

export class Sequence {
  readonly answerIds: number[] = [];
  cached = 0;
  /** Block-table slot; null until admitted. */
  slot: number | null = null;

  /** @param capacity positions this sequence may grow to: prompt and answer together. */
  constructor(
    readonly promptIds: readonly number[],
    readonly capacity: number,
  ) {
    invariant(promptIds.length > 0 && promptIds.length <= capacity, 'a prompt has a token and fits its capacity');
  }

  get length(): number {
    return this.promptIds.length + this.answerIds.length;
  }

  /** Rows not computed yet: the prompt's rest, or the one new token. */
  get pendingRows(): number {
    return this.length - this.cached;
  }

  get canAppend(): boolean {
    return this.length < this.capacity;
  }

  idAt(position: number): number {
    const answerPosition = position - this.promptIds.length;
    return present(answerPosition < 0 ? this.promptIds[position] : this.answerIds[answerPosition], 'token');
  }

  append(id: number): void {
    invariant(this.canAppend && this.pendingRows === 0, 'a token follows computed ones and fits');
    this.answerIds.push(id);
  }
}

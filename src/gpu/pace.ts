/**
 * Into how many submits a step is cut. A device works through one without a pause, and whoever draws the screen waits for
 * it; so a step that takes long is handed over in pieces of about `submitMs`. How long it takes is learned from when the
 * steps before were done (timestamp queries slow some drivers down even where they are not used): steps of about the same
 * work, within a factor of two, take about as long for each of its multiplications.
 */

/** Milliseconds of GPU time that one submit should not exceed: one and a half frames of a screen. */
const SUBMIT_MS = 25;

/** A piece too many costs more than one that is so much longer. */
const SLACK = 1.5;

/** Of a device that has run nothing yet: milliseconds for a multiplication on a small integrated GPU. */
const ASSUMED_MS = 1e-8;

/** What the newest step counts for, so that one which shared the device with something else is soon forgotten. */
const NEWEST = 1 / 4;

/** Powers of two that a step's work may lie between. */
const CLASSES = 64;

export class Pace {
  readonly #msPerWork = new Float64Array(CLASSES); // [power of two of the work]; 0 is unknown
  #lastDoneMs = 0;

  /** @param submitMs Infinity never cuts. */
  constructor(readonly submitMs = SUBMIT_MS) {}

  /** Submits for a step of so many multiplications; 1 or more, and Infinity for as many as there can be. */
  pieces(work: number): number {
    const ms = work * this.#rate(classOf(work));
    return ms <= SLACK * this.submitMs ? 1 : Math.ceil(ms / this.submitMs);
  }

  /** A step was submitted at one time and found done at another; it began when the one before it was done. */
  learn(work: number, submittedMs: number, doneMs: number): void {
    const rate = (doneMs - Math.max(submittedMs, this.#lastDoneMs)) / work;
    this.#lastDoneMs = doneMs;
    if (!(rate > 0)) return; // the clock has not moved
    const at = classOf(work);
    const known = this.#msPerWork[at]!;
    this.#msPerWork[at] = known === 0 ? rate : known + NEWEST * (rate - known);
  }

  /** Of the nearest class that is known, of two the smaller: it uses the device less well, so its pieces are no longer. */
  #rate(at: number): number {
    for (let off = 0; off < CLASSES; off++) {
      const rate = this.#msPerWork[at - off] || this.#msPerWork[at + off];
      if (rate) return rate;
    }
    return ASSUMED_MS;
  }
}

function classOf(work: number): number {
  return Math.min(Math.floor(Math.log2(Math.max(1, work))), CLASSES - 1);
}

/**
 * Where each of at most `pieces` equal shares of a list of works ends; none is empty, and the last ends with the list.
 * @returns indices one past a piece's last entry, rising.
 */
export function endsOf(works: readonly number[], pieces: number): number[] {
  const count = Math.min(pieces, works.length);
  const share = works.reduce((sum, work) => sum + work, 0) / count;
  const ends: number[] = [];
  let done = 0;
  for (const [i, work] of works.entries()) {
    done += work;
    if (i < works.length - 1 && done >= (ends.length + 1) * share) ends.push(i + 1);
  }
  ends.push(works.length);
  return ends;
}

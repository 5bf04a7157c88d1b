/**
 * Another engine beside ours: it runs the same shape in the same rounds, in turns with us, so that a machine that grows slow
 * grows slow for both.
 */
import { toHearthError } from '../lib/errors';
import { type Figure, figureOf, mapFigure } from '../lib/figure';
import type { BenchShape } from './shapes';

export interface Peer {
  readonly name: string;
  /**
   * @param contextLength positions it must have room for
   * @throws where it cannot run the shape; the report says why, and ours is timed alone.
   */
  open(shape: BenchShape, contextLength: number): Promise<PeerModel>;
}

export interface PeerModel {
  /** What it is and runs on, e.g. the name of the adapter. */
  readonly device: string;
  /** Milliseconds of one token behind `context` positions. */
  decode(context: number): Promise<number>;
  /** Milliseconds of a prompt of `tokens` tokens. */
  prefill(tokens: number): Promise<number>;
  close(): Promise<void>;
}

export interface PeerReport {
  readonly name: string;
  readonly device: string;
  /** Why some of it was not timed; null where all was. */
  readonly failure: string | null;
  readonly decode: readonly PeerSpeed[];
  readonly prefill: readonly PeerSpeed[];
}

export interface PeerSpeed {
  readonly tokens: number;
  readonly tokensPerSecond: Figure;
  /** Our speed in speeds of the peer, round by round. */
  readonly ratio: Figure;
}

/** The peer's side of a shape's rounds. */
export class PeerCases {
  #failure: string | null = null;

  private constructor(
    readonly name: string,
    readonly model: PeerModel | null,
  ) {}

  static async open(peer: Peer, shape: BenchShape, contextLength: number): Promise<PeerCases> {
    try {
      return new PeerCases(peer.name, await peer.open(shape, contextLength));
    } catch (error) {
      const failed = new PeerCases(peer.name, null);
      failed.#failure = toHearthError(error).message;
      return failed;
    }
  }

  /** @returns a case whose failure ends the peer's part, not ours: its time is then NaN. */
  timed(run: (model: PeerModel) => Promise<number>): () => Promise<number> {
    return async () => {
      if (this.model === null || this.#failure !== null) return NaN;
      try {
        return await run(this.model);
      } catch (error) {
        this.#failure = toHearthError(error).message;
        return NaN;
      }
    };
  }

  /**
   * @param timesOf the milliseconds of a case, round by round, ours and the peer's; e.g. ('decode', 128)
   */
  async report(
    contexts: readonly number[],
    prompts: readonly number[],
    timesOf: (kind: 'decode' | 'prefill', tokens: number) => { ours: readonly number[]; peers: readonly number[] },
  ): Promise<PeerReport> {
    const speeds = (kind: 'decode' | 'prefill', lengths: readonly number[]) =>
      lengths.flatMap((tokens): PeerSpeed[] => {
        const { ours, peers } = timesOf(kind, tokens);
        if (peers.some(Number.isNaN)) return [];
        const done = kind === 'decode' ? 1 : tokens;
        const tokensPerSecond = mapFigure(figureOf(peers), (ms) => (1000 * done) / ms);
        return [{ tokens, tokensPerSecond, ratio: figureOf(peers.map((ms, round) => ms / ours[round]!)) }];
      });
    const report = { decode: speeds('decode', contexts), prefill: speeds('prefill', prompts) };
    await this.model?.close().catch(() => {}); // what was timed stays
    return { name: this.name, device: this.model?.device ?? '', failure: this.#failure, ...report };
  }
}

/**
 * The main loop: schedule, run, take in. It runs while there is work and sleeps otherwise; each step is one forward over
 * the rows of all live requests.
 */
import { toHearthError } from '../lib/errors';
import { invariant, present } from '../lib/invariant';
import type { FinishReason, Request } from './request';
import type { Runner } from './runner';
import { CpuSampler } from './sampler';
import type { Sampler } from './sampler';
import { Batch, Scheduler } from './scheduler';
import type { Sequence } from './sequence';
import { EngineCollector } from './stats';
import type { BlockStats } from './stats';

export class DecodeLoop {
  readonly collector = new EngineCollector();
  readonly #scheduler: Scheduler;
  readonly #batch: Batch;
  readonly #sampler: Sampler;
  readonly #requests = new Map<Sequence, Request>();
  #running: Promise<void> | null = null;

  constructor(readonly runner: Runner) {
    const { maxRows, maxSequences } = runner.options;
    this.#scheduler = new Scheduler(runner.cache);
    this.#batch = new Batch(maxRows, maxSequences);
    this.#sampler = new CpuSampler(runner.vocabSize);
  }

  get running(): number {
    return this.#scheduler.running;
  }

  get waiting(): number {
    return this.#scheduler.waiting;
  }

  get blocks(): BlockStats {
    const { blocks, freeBlocks } = this.runner.cache;
    return { used: blocks - freeBlocks, cached: 0, total: blocks };
  }

  /** Takes a request in; its events tell the rest. */
  submit(request: Request): void {
    this.#requests.set(request.sequence, request);
    this.#scheduler.enqueue(request.sequence);
    this.#running ??= this.#run();
  }

  /** Ends every request with `aborted` and resolves when the last forward is done. */
  async stop(): Promise<void> {
    for (const request of this.#requests.values()) request.aborted = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#requests.size > 0) await this.#step();
    } catch (error) {
      const failure = toHearthError(error);
      for (const request of [...this.#requests.values()]) {
        this.#remove(request);
        request.events.fail(failure);
      }
    } finally {
      this.#running = null;
    }
  }

  async #step(): Promise<void> {
    this.#dropAborted();
    this.#schedule();
    if (this.#batch.rowCount === 0) return;
    const logits = await this.runner.forward(this.#batch);
    this.collector.markStep(this.#batch.rowCount);
    this.#takeIn(logits);
  }

  #dropAborted(): void {
    for (const request of this.#requests.values()) if (request.aborted) this.#finish(request, 'aborted');
  }

  #schedule(): void {
    this.#scheduler.schedule(this.#batch);
    invariant(this.#batch.rowCount > 0 || this.#requests.size === 0, 'a live request always has a row to compute');
    for (const request of this.#requests.values()) if (request.sequence.cached > 0) request.clock.markScheduled();
  }

  #takeIn(logits: readonly Float32Array[]): void {
    for (const request of this.#requests.values()) {
      if (request.sequence.answerIds.length === 0 && request.sequence.cached > 0) request.reportPrefill();
    }
    this.#batch.outputs.forEach((sequence, i) => {
      const request = present(this.#requests.get(sequence), 'request of a scheduled sequence');
      if (request.aborted) return;
      const reason = request.takeIn(present(logits[i], 'logits'), this.#sampler);
      if (reason !== null) this.#finish(request, reason);
    });
  }

  #finish(request: Request, reason: FinishReason): void {
    this.#remove(request);
    request.end(reason);
  }

  #remove(request: Request): void {
    this.#requests.delete(request.sequence);
    this.#scheduler.remove(request.sequence);
  }
}

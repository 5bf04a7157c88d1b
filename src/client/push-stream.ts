/**
 * An async iterable that somebody else fills: values are pushed in as they come and wait until they are asked for. Unlike
 * an async generator it hears of `break` and `return()` at once, even while a `next()` is still waiting.
 */

interface Waiting<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

export interface PushStreamHooks {
  /** Called once, when the first value is asked for. */
  start(): void;
  /** Called when the reader leaves before the end. */
  cancel(): void;
}

export class PushStream<T> implements AsyncIterableIterator<T, undefined, undefined> {
  readonly #hooks: PushStreamHooks;
  readonly #values: T[] = [];
  readonly #waiting: Waiting<T>[] = [];
  #started = false;
  /** Set when nothing more will be pushed; an error is thrown to the reader once, after the values. */
  #end: { error?: unknown } | null = null;

  constructor(hooks: PushStreamHooks) {
    this.#hooks = hooks;
  }

  push(value: T): void {
    if (this.#end) return;
    const reader = this.#waiting.shift();
    if (reader) reader.resolve({ value, done: false });
    else this.#values.push(value);
  }

  /** No more values. What was pushed before is still read. */
  end(): void {
    if (this.#end) return;
    this.#end = {};
    for (const reader of this.#waiting.splice(0)) reader.resolve({ value: undefined, done: true });
  }

  /** No more values, because of this error. What was pushed before is still read. */
  fail(error: unknown): void {
    if (this.#end) return;
    const reader = this.#waiting.shift();
    if (!reader) {
      this.#end = { error };
      return;
    }
    reader.reject(error);
    this.end();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (!this.#started) {
      this.#started = true;
      this.#hooks.start();
    }
    return new Promise((resolve, reject) => {
      if (this.#values.length > 0) {
        resolve({ value: this.#values.shift() as T, done: false });
      } else if (!this.#end) {
        this.#waiting.push({ resolve, reject });
      } else if ('error' in this.#end) {
        reject(this.#end.error);
        this.#end = {};
      } else {
        resolve({ value: undefined, done: true });
      }
    });
  }

  /** What `break` in a `for await` calls. */
  async return(): Promise<IteratorResult<T, undefined>> {
    const leftEarly = this.#started && !this.#end;
    this.#started = true;
    this.#values.length = 0;
    this.end();
    if (leftEarly) this.#hooks.cancel();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

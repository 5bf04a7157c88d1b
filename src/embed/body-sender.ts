/**
 * Sends the body of a response piece by piece, as its reader asks for them: what has come in since the last piece goes together,
 * so a reader that is slow gets few large pieces and one that is quick many small ones.
 */
export class BodySender {
  readonly #send: (bytes: Uint8Array<ArrayBuffer>) => void;
  #waiting: Uint8Array[] = [];
  #isWanted = false;
  #onSent: (() => void) | null = null;

  constructor(send: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#send = send;
  }

  /** The reader has room for one more piece. */
  pull(): void {
    this.#isWanted = true;
    this.#flush();
  }

  /** Resolves when everything was sent; rejects as the body does. */
  async run(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader(); // Safari cannot iterate over streams
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      this.#waiting.push(next.value);
      this.#flush();
    }
    if (this.#waiting.length > 0) await new Promise<void>((resolve) => (this.#onSent = resolve));
  }

  #flush(): void {
    if (!this.#isWanted || this.#waiting.length === 0) return;
    this.#isWanted = false;
    const pieces = this.#waiting.splice(0);
    const joined = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
    let offset = 0;
    for (const piece of pieces) {
      joined.set(piece, offset);
      offset += piece.length;
    }
    this.#send(joined);
    this.#onSent?.();
  }
}

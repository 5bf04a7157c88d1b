/** Bytes of the buffers a backend has made: those that are there, and the most there ever were. */
export class MemoryCount {
  #bytes = 0;
  #peakBytes = 0;

  add(bytes: number): void {
    this.#bytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytes);
  }

  remove(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** The most there ever were, since the last call. */
  takePeak(): number {
    const peak = this.#peakBytes;
    this.#peakBytes = this.#bytes;
    return peak;
  }
}

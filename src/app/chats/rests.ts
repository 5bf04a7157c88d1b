/** Long work in pieces: between two of them the page takes keys, draws, and lets others work. */

/** Well below the 50 ms that a person begins to feel, with room for one step that is longer than it looks. */
const PIECE_MS = 12;

/**
 * Call it after every step and await what it gives: most times nothing, and a pause when the piece has been long enough.
 * The pause is a message to oneself, because timers of a hidden tab wait for a second or more.
 */
export function createRests(): () => Promise<void> | undefined {
  let beganAt = performance.now();
  return () => {
    if (performance.now() - beganAt < PIECE_MS) return undefined;
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        beganAt = performance.now();
        resolve();
      };
      port2.postMessage(null);
    });
  };
}

/** How fast something goes and how long it will take: bytes and times of the last seconds, within one phase. */
import type { LoadProgress } from '../../client';

export interface PacedProgress extends LoadProgress {
  /** Null until it can be told. */
  bytesPerSecond: number | null;
  secondsLeft: number | null;
}

/** What is older says little about now. */
const WINDOW_MS = 5000;
/** A speed of less time than this is chance. */
const SHORTEST_MS = 500;

/** Follows one transfer. @param now milliseconds of a clock that does not jump */
export function createPace(now: () => number = () => performance.now()): (progress: LoadProgress) => PacedProgress {
  let phase: LoadProgress['phase'] | null = null;
  /** The first one is the base: what was there before the transfer began counts for nothing. */
  let seen: { atMs: number; loadedBytes: number }[] = [];
  return (progress) => {
    const { loadedBytes, totalBytes } = progress;
    const atMs = now();
    if (progress.phase !== phase) {
      phase = progress.phase;
      seen = [];
    }
    seen.push({ atMs, loadedBytes });
    while (seen.length > 2 && atMs - (seen[1]?.atMs ?? atMs) >= WINDOW_MS) seen.shift();
    const [first] = seen;
    const passedMs = atMs - (first?.atMs ?? atMs);
    const passedBytes = loadedBytes - (first?.loadedBytes ?? loadedBytes);
    const isTold = passedMs >= SHORTEST_MS && passedBytes > 0;
    const bytesPerSecond = isTold ? (1000 * passedBytes) / passedMs : null;
    const secondsLeft = bytesPerSecond && totalBytes > 0 ? (totalBytes - loadedBytes) / bytesPerSecond : null;
    return { ...progress, bytesPerSecond, secondsLeft };
  };
}

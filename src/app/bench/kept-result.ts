/** The last result, kept for the next visit. */
import type { BenchReport } from '../../client';

/** Beginning with "hearth." like all keys of ours, so that deletion finds it. */
export const BENCH_RESULT_KEY = 'hearth.benchmark';

export interface KeptResult {
  /** In milliseconds since 1970. */
  readonly measuredAt: number;
  readonly report: BenchReport;
}

/** Null where there is none, or one of another version of the report. */
export function readResult(storage: Pick<Storage, 'getItem'> | null): KeptResult | null {
  try {
    const kept = JSON.parse(storage?.getItem(BENCH_RESULT_KEY) ?? 'null') as KeptResult | null;
    return kept?.report.version === 3 ? kept : null;
  } catch {
    return null;
  }
}

/** A full or forbidden storage keeps nothing, and the page goes on. */
export function writeResult(storage: Pick<Storage, 'setItem'> | null, result: KeptResult): void {
  try {
    storage?.setItem(BENCH_RESULT_KEY, JSON.stringify(result));
  } catch {
    // the result stays until the tab is closed
  }
}

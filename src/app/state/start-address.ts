/** What the page's address asks for: `/?model=<catalog id>&q=<text>`. */
import type { StartOptions } from './store';

/** @param search the query part of the address, with or without "?". */
export function readStartAddress(search: string): StartOptions {
  const query = new URLSearchParams(search);
  return { modelId: query.get('model') || null, text: query.get('q') };
}

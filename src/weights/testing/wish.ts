import type { EnsureRequest } from '../importer';

/** A model wanted from a folder, whose host may be asked. */
export function wishFor(modelId: string, url: string): EnsureRequest {
  return { modelId, source: { kind: 'url', url }, origins: URL.canParse(url) ? [new URL(url).origin] : [] };
}

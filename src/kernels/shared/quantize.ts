import { CHUNK } from '../../quant/format';
import quantize from './quantize.wgsl?raw';
import { unroll } from './unroll';

/** The text that writes chunks of codes, joined in front of one with lines for each quad of a chunk. */
export function quantizingWgsl(text: string): string {
  return unroll(`${quantize}\n${text}`, { q: CHUNK / 4 });
}

/** `npm run bench -- --adapter node`: the benchmark in Node, over whatever `navigator.gpu` scripts/bench.mjs put in place. */
import { benchHere } from './bench';
import * as command from './command';

/** @param args the command line after the command. */
export function main(args: string[]): Promise<void> {
  return command.main(args, (wishes, onProgress) => benchHere(navigator.gpu, true, { ...wishes, onProgress }));
}

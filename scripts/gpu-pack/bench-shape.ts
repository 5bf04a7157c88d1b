/** Times one shape, ours and llama.cpp's in turns, in a process of its own. */
import { benchHere, type BenchOptions } from '../../src/bench/bench';
import { toHearthError } from '../../src/lib/errors';
import { finish, tell } from './child';
import { installDawn } from './dawn';
import { llamaPeer } from './llama-peer';

/** What the process is asked for, as JSON in its only argument. */
export interface ShapeWish {
  readonly options: Pick<
    BenchOptions,
    'shapes' | 'rounds' | 'contexts' | 'prompts' | 'budgetMs' | 'kernels' | 'verifyRows'
  >;
  /** Where a GGUF file may lie; null without llama.cpp. */
  readonly folder: string | null;
  /** Whether llama.cpp may run on the processor, which compares nothing but shows that the way works. */
  readonly processor: boolean;
}

const { options, folder, processor } = JSON.parse(process.argv[2]!) as ShapeWish;
try {
  await installDawn();
  const peer = folder === null ? undefined : llamaPeer(folder, processor);
  const onProgress = ({ share, shape }: { share: number; shape: string | null }) =>
    tell(`${Math.round(100 * share)} %: ${shape ?? 'what this device can do at best'}`);
  finish(await benchHere(navigator.gpu, true, { ...options, peer, onProgress }));
} catch (error) {
  console.error(toHearthError(error).message);
  process.exit(1);
}

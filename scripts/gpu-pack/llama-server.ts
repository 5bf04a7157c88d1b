/**
 * The process that holds llama.cpp: the native addon of node-llama-cpp, called directly, for its calls are those of llama.h. One
 * question at a time, answered with milliseconds. Times are what llama-bench counts: llama_decode and llama_synchronize, with
 * the logits of the last token; prompts go in batches of 512, flash attention as llama.cpp chooses.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export type LlamaQuestion =
  | { what: 'open'; path: string; contextLength: number; processor: boolean }
  | { what: 'decode'; context: number }
  | { what: 'prefill'; tokens: number };

export interface LlamaAnswer {
  readonly device?: string;
  readonly ms?: number;
  readonly error?: string;
}

/** As much of the addon (node-llama-cpp 3.22.1, llama/addon/*.cpp) as is used here. */
interface Addon {
  loadBackends(folder?: string): void;
  init(): Promise<void>;
  getGpuType(): string | false | undefined;
  getGpuDeviceInfo(): { deviceNames: string[] };
  AddonModel: new (path: string, options: object) => { init(): Promise<boolean> };
  AddonContext: new (model: object, options: object) => AddonContext;
}

interface AddonContext {
  init(): Promise<boolean>;
  initBatch(tokens: number): void;
  addToBatch(sequence: number, first: number, tokens: Uint32Array, logitsAt: Uint32Array): void;
  decodeBatch(): Promise<void>;
  /** Positions from `start` on, up to before `end`; −1 is the last. */
  removeTokenCellsFromSequence(sequence: number, start: number, end: number): boolean;
}

const FOLDER = '../../node_modules/@node-llama-cpp/linux-x64-vulkan/bins/linux-x64-vulkan/';
const BATCH = 512;

/** Tokens of one timing, as in src/bench/model-bench.ts. */
const STEPS = 8;

let context: AddonContext;

process.on('message', (question: LlamaQuestion) => {
  answer(question).then(
    (found) => process.send?.(found),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});

async function answer(question: LlamaQuestion): Promise<LlamaAnswer> {
  switch (question.what) {
    case 'open':
      return { device: await openModel(question) };
    case 'decode':
      await feed(0, question.context);
      return { ms: (await timed(() => decode(question.context))) / STEPS };
    case 'prefill':
      return { ms: await timed(() => feed(0, question.tokens)) };
  }
}

async function openModel({ path, contextLength, processor }: LlamaQuestion & { what: 'open' }): Promise<string> {
  const folder = fileURLToPath(new URL(FOLDER, import.meta.url));
  const addon = createRequire(import.meta.url)(`${folder}llama-addon.node`) as Addon;
  addon.loadBackends();
  addon.loadBackends(folder);
  await addon.init();
  const { deviceNames } = addon.getGpuDeviceInfo();
  const hasGpu = deviceNames.length > 0;
  if (!hasGpu && !processor) throw new Error('it found no GPU through Vulkan (software adapters do not count for it)');
  const model = new addon.AddonModel(path, { addonExports: addon, gpuLayers: hasGpu ? 999 : 0, useMmap: true });
  if (!(await model.init())) throw new Error('it refused the model');
  // Where llama.cpp is only shown to work, one thread: several wait for each other by spinning.
  const own = { contextSize: contextLength, batchSize: BATCH, sequences: 1, flashAttention: 'auto' };
  const options = hasGpu ? own : { ...own, threads: 1 };
  context = new addon.AddonContext(model, options);
  if (!(await context.init())) throw new Error('it had no room for the context');
  return hasGpu ? `${String(addon.getGpuType())}: ${deviceNames.join(', ')}` : 'the processor';
}

/** A sequence of `count` tokens from `first` on, whatever stood there. */
async function feed(first: number, count: number): Promise<void> {
  context.removeTokenCellsFromSequence(0, first, -1);
  for (let done = 0; done < count; done += BATCH) {
    const tokens = Uint32Array.from({ length: Math.min(BATCH, count - done) }, (_, i) => tokenAt(first + done + i));
    const isLast = done + tokens.length === count;
    context.initBatch(tokens.length);
    context.addToBatch(0, first + done, tokens, isLast ? Uint32Array.of(tokens.length - 1) : new Uint32Array());
    await context.decodeBatch();
  }
}

async function decode(first: number): Promise<void> {
  for (let step = 0; step < STEPS; step++) {
    context.initBatch(1);
    context.addToBatch(0, first + step, Uint32Array.of(tokenAt(first + step)), Uint32Array.of(0));
    await context.decodeBatch();
  }
}

/** Spread over the first 4,096 ids, which every shape has. */
function tokenAt(position: number): number {
  return (position * 7919) % 4096;
}

async function timed(run: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await run();
  return performance.now() - startMs;
}

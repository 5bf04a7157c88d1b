/* oxlint-disable no-console -- a command: its output is the point */
/**
 * `npm run bisect`: in which kernel has somebody flipped a sign? Feeds a prompt to the bundled models on the GPU, then takes
 * apart the last chunk and the last single row, dispatch by dispatch (compare-step.ts), and names the first kernel whose
 * results are not its CPU twin's. The larger model runs as it is shipped; the smaller one with int8 keys and values, and
 * again with a matrix for every decoder of packed weights, f32 keys and values, and each output shared among eight lanes, so
 * that every road is walked.
 *
 *   npm run bisect [-- --prompt "…"]      exit status 1 when a kernel disagrees
 *
 * It runs in Node, over whatever `navigator.gpu` scripts/bisect.mjs put in place.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { findDevice, lanesFor } from '../gpu/device';
import { WebGpuBackend } from '../gpu/webgpu-backend';
import type { KvFormat } from '../kernels/shared/kv-pool';
import { HearthError, toHearthError } from '../lib/errors';
import type { PackedFormat } from '../quant/format';
import { createTextModel } from '../text/text-model';
import { compareStep } from './compare-step';
import type { Comparison } from './compare-step';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { createRunner, Probe, recordForward } from './testing/forward';
import { inTurn, shipped } from './testing/packings';
import type { Packing } from './testing/packings';

/** More than one block of 32 positions, so that a wrong block would be noticed. */
const PROMPT =
  'Once upon a time there was a little dog who lived in a red house by the sea. Every morning he ran down to the ' +
  'water, looked for shells, and carried the most beautiful one home to his friend, the old cat. What did she say?';

/** Rows of the chunk that is taken apart; no multiple of the four that a team computes. */
const CHUNK_ROWS = 6;

const FORMATS: PackedFormat[] = [
  { kind: 'int4', group: 32, affine: true, scale: 'f16' },
  { kind: 'int8', group: 16, affine: false, scale: 'f16' },
  { kind: 'bf16' },
  { kind: 'int4', group: 128, affine: false, scale: 'f32' },
  { kind: 'f16' },
  { kind: 'int8', group: 64, affine: true, scale: 'f32' },
  { kind: 'f32' },
];

interface Case {
  title: string;
  folder: string;
  packing: Packing;
  kvFormat: KvFormat;
  lanes: number | null; // null for what the device gets
}

const DRAFT = 'public/models/tales-draft';

const CASES: Case[] = [
  { title: 'tales, as shipped', folder: 'public/models/tales', packing: shipped, kvFormat: 'f16', lanes: null },
  { title: 'tales-draft, int8 keys and values', folder: DRAFT, packing: shipped, kvFormat: 'int8', lanes: null },
  {
    title: 'tales-draft, every decoder, f32 keys and values, 8 lanes',
    folder: DRAFT,
    packing: inTurn(FORMATS),
    kvFormat: 'f32',
    lanes: 8,
  },
];

/** @param args the command line after the command. */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { prompt: { type: 'string', default: PROMPT } } });
  try {
    for (const each of CASES) {
      const wrong = await firstDisagreement(each, values.prompt);
      if (wrong === null) continue;
      const { kernel, label, binding, at, found, expected } = wrong;
      console.log(
        `\nThe first kernel that disagrees with its CPU twin is "${kernel}", at ${label}: ${binding}[${at}] is ${found}, ` +
          `the twin says ${expected}. Look at src/kernels/${kernel} and the WGSL it shares (src/kernels/shared).`,
      );
      process.exitCode = 1;
      return;
    }
    console.log('\nEvery kernel agrees with its CPU twin.');
  } catch (error) {
    const { message, hint } = toHearthError(error);
    console.error(`${message} ${hint}`);
    process.exitCode = 1;
  }
}

/** Walks through both steps of a case, printing a line for each buffer written. */
async function firstDisagreement({ title, folder, packing, kvFormat, lanes }: Case, prompt: string) {
  const { device, report } = await findDevice(navigator.gpu);
  if (device === null) throw new HearthError('webgpu-unavailable', report.reason ?? 'No graphics adapter was found.');
  const backend = new WebGpuBackend(device, { lanes: lanes ?? lanesFor(device) });
  console.log(`\n${title}, on ${report.adapter}`);
  try {
    const checkpoint = await readCheckpoint(folder);
    const ids = createTextModel(checkpoint.texts).tokenizer.encode(prompt, { addSpecialTokens: true });
    if (ids.length < CHUNK_ROWS + 2) {
      throw new HearthError('bad-request', `The prompt has ${ids.length} tokens; expected ${CHUNK_ROWS + 2} or more.`);
    }
    const runner = await createRunner(backend, packCheckpoint(checkpoint, packing), { kvFormat });
    const probe = new Probe(runner);
    const history = ids.slice(0, -CHUNK_ROWS - 1);
    await probe.prefill(history);
    for (const chunk of [ids.slice(history.length, -1), ids.slice(-1)]) {
      console.log(`\n${chunk.length} row(s) after ${probe.position} positions`);
      await probe.feed(chunk); // puts the step's inputs in place
      for await (const comparison of compareStep(backend, recordForward(runner, chunk.length, 1))) {
        console.log(line(comparison));
        if (!comparison.agrees) return comparison;
      }
    }
    return null;
  } finally {
    backend.destroy();
  }
}

function line({ index, label, kernel, binding, error, agrees }: Comparison): string {
  const verdict = agrees ? '' : '  DISAGREES';
  const cells = [String(index).padStart(4), label.padEnd(24), kernel.padEnd(14), binding.padEnd(7)];
  return `${cells.join('  ')} ${error.toExponential(1).padStart(9)}${verdict}`;
}

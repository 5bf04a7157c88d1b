/* oxlint-disable no-console -- a command: its output is the point */
/**
 * `npm run bench -- --adapter node`: the benchmark in Node, over whatever `navigator.gpu` scripts/bench.mjs put in place.
 *
 *   npm run bench -- --adapter node [--shapes SmolLM2-135M,Qwen2-0.5B] [--rounds 7] [--contexts 128,2048] [--prompts 16,128] [--json]
 */
import { parseArgs } from 'node:util';
import { findDevice, lanesFor } from '../gpu/device';
import { WebGpuBackend } from '../gpu/webgpu-backend';
import { HearthError } from '../lib/errors';
import { runBench } from './bench';
import { tableOf } from './table';

/** @param args the command line after the command. */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      adapter: { type: 'string' },
      shapes: { type: 'string' },
      rounds: { type: 'string' },
      contexts: { type: 'string' },
      prompts: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const { device, report } = await findDevice(navigator.gpu);
  if (device === null) throw new HearthError('webgpu-unavailable', report.reason ?? 'No graphics adapter was found.');
  const backend = new WebGpuBackend(device, { lanes: lanesFor(device) });
  const numbers = (list: string | undefined) => list?.split(',').map(Number);
  const bench = await runBench(backend, report, {
    shapes: values.shapes?.split(','),
    rounds: values.rounds === undefined ? undefined : Number(values.rounds),
    contexts: numbers(values.contexts),
    prompts: numbers(values.prompts),
    onProgress: ({ done, total, shape }) => console.error(`${done + 1} of ${total}: ${shape}`),
  });
  console.log(values.json ? JSON.stringify(bench, null, 2) : tableOf(bench));
  backend.destroy();
}

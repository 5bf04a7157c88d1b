/* oxlint-disable no-console -- a command: its output is the point */
/**
 * `npm run profile`: where the time of one decoded token goes, dispatch by dispatch, on this machine's device, with the
 * bundled model as it is shipped. It runs in Node, over whatever `navigator.gpu` scripts/profile.mjs put in place.
 *
 *   npm run profile [-- --context 512]
 */
import { parseArgs } from 'node:util';
import { findDevice, lanesFor } from '../gpu/device';
import { timeStep } from '../gpu/time-step';
import { WebGpuBackend } from '../gpu/webgpu-backend';
import { HearthError } from '../lib/errors';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { resolveOptions } from './options';
import { decodeShape } from './runner';
import { createRunner, Probe } from './testing/forward';
import { shipped } from './testing/packings';

/** @param args the command line after the command. */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { context: { type: 'string', default: '128' } } });
  const { device, report } = await findDevice(navigator.gpu);
  if (device === null) throw new HearthError('webgpu-unavailable', report.reason ?? 'No graphics adapter was found.');
  const backend = new WebGpuBackend(device, { lanes: lanesFor(device) });
  const checkpoint = await readCheckpoint('public/models/tales');
  const runner = await createRunner(backend, packCheckpoint(checkpoint, shipped), { kvFormat: 'f16' });
  const probe = new Probe(runner);
  await probe.prefill(Array.from({ length: Number(values.context) }, (_, i) => 100 + ((37 * i) % 3000)));
  const ids = Array.from({ length: probe.position + 1 }, (_, i) => 100 + i);
  const settings = resolveOptions({}, { temperature: 0.8, topK: 50, seed: 1 }, runner.vocabSize);
  const limit = runner.options.contextLength;
  runner.upload(probe.slot, { ids, promptLength: ids.length, limit, settings, stopIds: new Set(), logprobs: null });
  runner.writePlan([probe.slot], []);

  const byKernel = new Map<string, { dispatches: number; totalMs: number; workgroups: number }>();
  for (const { call, medianMs } of await timeStep(backend, runner.record({ ...decodeShape(1), filters: true }))) {
    const part = call.label.replace(/^layers\.\d+/, 'layers.*');
    const row = byKernel.get(`${part}\t${call.kernel.name}`) ?? { dispatches: 0, totalMs: 0, workgroups: 0 };
    row.dispatches += 1;
    row.totalMs += medianMs;
    row.workgroups = call.grid[0] * call.grid[1] * call.grid[2];
    byKernel.set(`${part}\t${call.kernel.name}`, row);
  }
  const totalMs = [...byKernel.values()].reduce((sum, row) => sum + row.totalMs, 0);
  console.log(`One token after ${values.context} positions on ${report.adapter}, each dispatch timed alone:\n`);
  console.log('part                      kernel          dispatches  workgroups        ms   share');
  for (const [key, row] of [...byKernel].sort(([, a], [, b]) => b.totalMs - a.totalMs)) {
    const [part = '', kernel = ''] = key.split('\t');
    const share = `${((100 * row.totalMs) / totalMs).toFixed(0)} %`.padStart(6);
    const counts = `${String(row.dispatches).padStart(10)}  ${String(row.workgroups).padStart(10)}`;
    console.log(`${part.padEnd(24)}  ${kernel.padEnd(14)}  ${counts}  ${row.totalMs.toFixed(3).padStart(8)}  ${share}`);
  }
  console.log(`\n${totalMs.toFixed(2)} ms in all.`);
  backend.destroy();
}

/** The tables of bench/RESULTS.md: what they say of a report, and that nothing else of the file is touched. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CpuBackend } from '../gpu/cpu-backend';
import type { BenchReport } from './bench';
import type { KernelReport } from './kernel-bench';
import { benchModel } from './model-bench';
import { type Peer, PeerCases } from './peer';
import { nextBottleneck, resultsOf, withMeasured } from './results-text';
import { TINY } from './testing/tiny';

const sure = (median: number) => ({ median, low: median, high: median });
const ceilings = {
  readBytesPerSecond: sure(1e12),
  copyBytesPerSecond: sure(1e12),
  operationsPerSecond: sure(1e12),
  unpackedPerSecond: sure(1e12),
};
const options = {
  contexts: [32],
  prompts: [5],
  verifyRows: 1,
  rounds: 1,
  kernels: true,
  tuned: false,
  budgetMs: Infinity,
};

async function reportWith(peer: Peer): Promise<BenchReport> {
  const model = await benchModel(new CpuBackend(), TINY, ceilings, { ...options, peer });
  const device = { kind: 'cpu' as const, adapter: 'test', reason: null, features: [], limits: {} };
  return {
    version: 3,
    device,
    userAgent: 'a test',
    ceilings,
    models: [model],
    skipped: [],
    speculation: [],
    noisy: [],
  };
}

const peerOf = (decode: () => Promise<number>): Peer => ({
  name: 'other',
  open: () =>
    Promise.resolve({ device: 'here', decode, prefill: () => Promise.resolve(10), close: () => Promise.resolve() }),
});

it('a peer is timed in turns, and tables show each kernel with its next bottleneck', async () => {
  const report = await reportWith(peerOf(() => Promise.resolve(4)));
  const { peer } = report.models[0]!;
  expect(peer).toMatchObject({ name: 'other', device: 'here', failure: null });
  expect(peer!.decode).toMatchObject([{ tokens: 32, tokensPerSecond: sure(250) }]);
  expect(peer!.prefill).toMatchObject([{ tokens: 5, tokensPerSecond: sure(500) }]);
  const text = resultsOf({ measuredAt: '2026-01-02T00:00', machine: 'one', command: 'x', reports: [report] });
  expect(text).toContain('| tiny | other, here | decode behind 32 | 250 |');
  for (const { kernel } of report.models[0]!.kernels) expect(text).toContain(`| ${kernel} |`);
});

it('a peer that fails in mid-run, or cannot begin, costs only its own figures', async () => {
  const luckless = () => Promise.reject(new Error('out of luck'));
  const peers = await PeerCases.open(peerOf(luckless), TINY, 64);
  expect(await peers.timed((model) => model.prefill(5))()).toBe(10);
  const lost = peers.timed((model) => model.decode(32));
  expect([await lost(), await lost()]).toEqual([NaN, NaN]);
  const times = { decode: [NaN], prefill: [10] };
  const report = await peers.report([32], [5], (kind) => ({ ours: [5], peers: times[kind] }));
  expect(report.failure).toContain('out of luck');
  expect(report.decode).toEqual([]);
  expect(report.prefill).toMatchObject([{ tokens: 5, ratio: sure(2) }]);

  const none = await PeerCases.open({ name: 'other', open: luckless }, TINY, 64);
  expect(await none.timed((model) => model.decode(32))()).toBeNaN();
});

it('the bottleneck is the ceiling that is near, the launch, or what no ceiling measures', () => {
  const kernel = (reading: number | null, unpacking: number | null, ms: number) =>
    ({ shareOfBandwidth: reading, shareOfUnpacking: unpacking, shareOfOperations: null, ms: sure(ms) }) as KernelReport;
  expect(nextBottleneck(kernel(0.9, 0.3, 5), 1)).toBe('reading');
  expect(nextBottleneck(kernel(0.2, 0.7, 5), 1)).toBe('unpacking');
  expect(nextBottleneck(kernel(0.2, 0.3, 1.5), 1)).toBe('the launch');
  expect(nextBottleneck(kernel(0.2, 0.3, 5), 1)).toBe('waiting; unpacking is nearest');
  expect(nextBottleneck(kernel(null, null, 5), 1)).toBe('the launch');
});

it('only what stands between the marks of RESULTS.md is written', () => {
  const text = readFileSync(new URL('../../bench/RESULTS.md', import.meta.url), 'utf8');
  const once = withMeasured(text, 'FIGURES');
  expect(once).toContain('FIGURES');
  expect(withMeasured(once, 'OTHERS')).toBe(once.replace('FIGURES', 'OTHERS'));
  expect(() => withMeasured('nothing', 'x')).toThrow(/put them back/);
});

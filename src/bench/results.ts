/* oxlint-disable no-console -- a command: its output is the point */
/**
 * `npm run bench:results`: measures this device, kernel by kernel, keeps the report as bench/ADAPTER.json, and writes all reports that
 * lie there into the measured part of bench/RESULTS.md. What people wrote around that part stays.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchReport } from './bench';
import type { RunBench } from './command';
import { type Measurement, resultsOf, withMeasured } from './results-text';

const FOLDER = 'bench';

const USAGE = `npm run bench:results [-- options]

  --shapes A,B   default SmolLM2-135M,Qwen2-0.5B: about five minutes on two quiet cores without a GPU
  --take FILE    nothing is measured: results.json of the GPU pack, or a report of \`npm run bench -- --json\`
  --write        nothing is measured: RESULTS.md is written anew from what lies in bench/`;

/** What the pack writes (scripts/gpu-pack/main.ts), as far as it is read here. */
interface PackResults {
  readonly startedAt: string;
  readonly reports: Record<string, BenchReport | object>;
  readonly kernels: Record<string, BenchReport | object>;
}

/**
 * @param args the command line after the command.
 * @param run where the benchmark runs
 */
export async function main(args: string[], run: RunBench): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      shapes: { type: 'string', default: 'SmolLM2-135M,Qwen2-0.5B' },
      take: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  mkdirSync(FOLDER, { recursive: true });
  if (values.take !== undefined) {
    keep(taken(values.take));
  } else if (!values.write) {
    const wishes = { rounds: 5, contexts: [128, 2048], prompts: [16, 128], kernels: true, budgetMs: 90_000 };
    let last = '';
    const report = await run({ ...wishes, shapes: values.shapes.split(',') }, ({ share, shape }) => {
      const line = `${Math.round(100 * share)} %: ${shape ?? 'what this device can do at best'}`;
      if (line !== last) console.error(line);
      last = line;
    });
    const command = `npm run bench:results -- --shapes ${values.shapes}`;
    keep({ measuredAt: new Date().toISOString(), machine: machineHere(), command, reports: [report] });
  }
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  const measured = files.toSorted().map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Measurement);
  const path = join(FOLDER, 'RESULTS.md');
  writeFileSync(path, withMeasured(readFileSync(path, 'utf8'), measured.map(resultsOf).join('\n')));
  console.log(`${path} holds ${files.join(', ') || 'no measurement'}.`);
}

function keep(measurement: Measurement): void {
  const adapter = measurement.reports[0]?.device.adapter ?? 'unknown';
  const name = `${adapter.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.json`;
  writeFileSync(join(FOLDER, name), JSON.stringify(measurement));
}

function taken(file: string): Measurement {
  const read = JSON.parse(readFileSync(file, 'utf8')) as BenchReport | PackResults;
  const isReport = (one: object): one is BenchReport => 'models' in one;
  if (isReport(read)) {
    return { measuredAt: new Date().toISOString(), machine: 'elsewhere', command: 'npm run bench', reports: [read] };
  }
  const reports = [...Object.values(read.reports), ...Object.values(read.kernels)].filter(isReport);
  return {
    measuredAt: read.startedAt,
    machine: 'a machine of its own',
    command: 'npm run gpu:pack, ./run.sh',
    reports,
  };
}

function machineHere(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model.trim() ?? 'processor'}, ${process.platform} ${release()}`;
}

/**
 * The tiny reference models beside the repository (../shared/testdata/refmodels, whose README explains every field): which
 * there are, and how far a runner is from their exact log-probabilities.
 */
import { present } from '../../lib/invariant';
import { modelPage } from '../../models/index';
import { importModel } from '../../weights/import';
import { openStoredWeights } from '../../weights/load';
import type { StoredWeights } from '../../weights/manifest';
import { MemoryStore } from '../../weights/memory-store';
import { MemorySource } from '../../weights/testing/memory-source';
import type { Runner } from '../runner';
import { readFileBytes, readFileJson } from './files';
import { greedy, Probe } from './forward';

export const REFMODELS = '../shared/testdata/refmodels';

export interface RefCase {
  name: string;
  /** Paths from REFMODELS on. */
  gguf: string;
  ref: string;
  hf?: string;
  arch: string;
  type: string;
  n_ctx: number;
}

interface Reference {
  n_vocab: number;
  bin: string;
  sequences: {
    name: string;
    tokens: number[];
    /** Positions whose log-probabilities of all tokens are in the .bin. */
    kept_positions: number[];
    exact: {
      /** In bytes; f32 [kept_positions][n_vocab]. */
      offset: number;
      argmax: number[];
      next_logprob: number[];
      greedy: number[];
      greedy_margin: number[];
    };
  }[];
}

/** All cases; null where the test data is not there. */
export async function readRefCases(): Promise<RefCase[] | null> {
  const index = await readFileJson<{ cases: RefCase[] }>(`${REFMODELS}/index.json`).catch(() => null);
  return index?.cases ?? null;
}

export interface Agreement {
  /** The largest difference of a log-probability, over all kept positions, all tokens and all next tokens. */
  difference: number;
  /** Greedy ids that differ before the first step whose margin is below `difference`. */
  wrongIds: number;
}

/** Runs every sequence of a case and its greedy continuation. */
export async function compareWithReference(runner: Runner, { ref }: RefCase): Promise<Agreement> {
  const reference = await readFileJson<Reference>(`${REFMODELS}/${ref}`);
  const bin = await readFileBytes(`${REFMODELS}/ref/${reference.bin}`);
  let difference = 0;
  let wrongIds = 0;
  const worst = (found: number, expected: number) => {
    const off = Math.abs(found - expected);
    if (!(off <= difference)) difference = Number.isNaN(off) ? Infinity : off;
  };
  for (const { tokens, kept_positions: kept, exact } of reference.sequences) {
    const probe = new Probe(runner);
    const everyPosition = tokens.map((_, position) => position);
    const logits = await probe.prefill(tokens, everyPosition);
    const rows = logits.map(logProbabilities);
    for (const [i, position] of kept.entries()) {
      const at = bin.byteOffset + exact.offset + 4 * i * reference.n_vocab;
      const expected = new Float32Array(bin.buffer.slice(at, at + 4 * reference.n_vocab));
      expected.forEach((value, id) => worst(rows[position]![id]!, value));
    }
    exact.next_logprob.forEach((value, position) => worst(rows[position]![tokens[position + 1]!]!, value));

    let id = greedy(present(logits.at(-1), 'logits'));
    for (const [step, expected] of exact.greedy.entries()) {
      if (exact.greedy_margin[step]! <= 2 * difference) break;
      if (id !== expected) wrongIds++;
      id = greedy((await probe.feed([expected]))[0]!);
    }
    probe.release();
  }
  return { difference, wrongIds };
}

/** log softmax in f64. */
function logProbabilities(logits: Float32Array): Float64Array {
  const highest = logits.reduce((a, b) => Math.max(a, b));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return Float64Array.from(logits, (logit) => logit - highest - Math.log(sum));
}

/** Imports a GGUF file as the importer does, into memory. @param path from the repository, of the file or its first part */
export async function importGguf(path: string): Promise<StoredWeights> {
  const store = new MemoryStore();
  const [folder, file] = [path.replace(/[^/]*$/, ''), path.split('/').at(-1)!];
  const source = new MemorySource({ [file]: await readFileBytes(folder + file) });
  const describe = (json: unknown) => {
    const page = modelPage(json);
    return page.weights(page.readConfig(json));
  };
  await importModel({ modelId: path, source, file, store, describe });
  return present(await openStoredWeights(store, path), path);
}

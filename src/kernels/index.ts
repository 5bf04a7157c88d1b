/** Every kernel, for the tests and tools that walk them all. */
import { attention, mergeSplits } from './attention/attention';
import { commit } from './commit/commit';
import { embed } from './embed/embed';
import { gatherRows } from './gather-rows/gather-rows';
import { report, survey } from './logprobs/logprobs';
import { integerKernels } from './integer-kernels';
import { lookup } from './lookup/lookup';
import { mask } from './mask/mask';
import {
  matmul,
  matmulArgmax,
  matmulNormed,
  matmulTiled,
  matmulTiledNormed,
  matvec,
  matvecArgmax,
  matvecNormed,
} from './matmul/matmul';
import { penalize } from './penalize/penalize';
import { planRows } from './plan-rows/plan-rows';
import { probeCopy, probeMultiplyAdd, probeRead, probeUnpack } from './probes/probes';
import { propose } from './propose/propose';
import { qkNorm } from './qk-norm/qk-norm';
import { rmsNorm } from './rms-norm/rms-norm';
import { rotaryAppend, rotaryAppendBiased, rotaryAppendNormed } from './rotary-append/rotary-append';
import { bins, candidates, choose, cut, greedy, largest, race } from './sample/sample';
import { softCap } from './soft-cap/soft-cap';

export const KERNELS = {
  embed,
  rmsNorm,
  matvec,
  matvecNormed,
  matvecArgmax,
  matmul,
  matmulNormed,
  matmulArgmax,
  matmulTiled,
  matmulTiledNormed,
  ...integerKernels,
  rotaryAppend,
  rotaryAppendBiased,
  rotaryAppendNormed,
  qkNorm,
  attention,
  mergeSplits,
  gatherRows,
  softCap,
  survey,
  penalize,
  mask,
  largest,
  bins,
  candidates,
  cut,
  race,
  choose,
  greedy,
  report,
  planRows,
  propose,
  lookup,
  commit,
  probeRead,
  probeCopy,
  probeMultiplyAdd,
  probeUnpack,
};

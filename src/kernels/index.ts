/** Every kernel, for the tests and tools that walk them all. */
import { attention, mergeSplits } from './attention/attention';
import { commit } from './commit/commit';
import { embed } from './embed/embed';
import { gatherRows } from './gather-rows/gather-rows';
import { report, survey } from './logprobs/logprobs';
import { lookup } from './lookup/lookup';
import { mask } from './mask/mask';
import {
  matmul,
  matmulArgmax,
  matmulInteger,
  matmulNormed,
  matmulTiled,
  matmulTiledInteger,
  matmulTiledNormed,
  matvec,
  matvecArgmax,
  matvecInteger,
  matvecNormed,
} from './matmul/matmul';
import { penalize } from './penalize/penalize';
import { planRows } from './plan-rows/plan-rows';
import { probeCopy, probeMultiplyAdd, probeRead, probeUnpack } from './probes/probes';
import { propose } from './propose/propose';
import { qkNorm } from './qk-norm/qk-norm';
import { quantizeRows } from './quantize-rows/quantize-rows';
import { rmsNorm, rmsNormQuantized } from './rms-norm/rms-norm';
import { rotaryAppend, rotaryAppendBiased, rotaryAppendNormed } from './rotary-append/rotary-append';
import { bins, candidates, choose, cut, greedy, largest, race } from './sample/sample';
import { softCap } from './soft-cap/soft-cap';

export const KERNELS = {
  embed,
  rmsNorm,
  rmsNormQuantized,
  quantizeRows,
  matvec,
  matvecNormed,
  matvecArgmax,
  matmul,
  matmulNormed,
  matmulArgmax,
  matmulTiled,
  matmulTiledNormed,
  matvecInteger,
  matmulInteger,
  matmulTiledInteger,
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

/** Every kernel, for the tests and tools that walk them all. */
import { attention } from './attention/attention';
import { commit } from './commit/commit';
import { embed } from './embed/embed';
import { gatherRows } from './gather-rows/gather-rows';
import { report, survey } from './logprobs/logprobs';
import { matmul } from './matmul/matmul';
import { matvec } from './matvec/matvec';
import { penalize } from './penalize/penalize';
import { planRows } from './plan-rows/plan-rows';
import { probeCopy, probeMultiplyAdd, probeRead } from './probes/probes';
import { propose } from './propose/propose';
import { rmsNorm } from './rms-norm/rms-norm';
import { rotaryAppend } from './rotary-append/rotary-append';
import { bins, candidates, choose, cut, largest, race } from './sample/sample';

export const KERNELS = {
  embed,
  rmsNorm,
  matvec,
  matmul,
  rotaryAppend,
  attention,
  gatherRows,
  survey,
  penalize,
  largest,
  bins,
  candidates,
  cut,
  race,
  choose,
  report,
  planRows,
  propose,
  commit,
  probeRead,
  probeCopy,
  probeMultiplyAdd,
};

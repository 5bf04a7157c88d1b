/** Every kernel, for the tests and tools that walk them all. */
import { attention } from './attention/attention';
import { embed } from './embed/embed';
import { gatherRows } from './gather-rows/gather-rows';
import { matmul } from './matmul/matmul';
import { matvec } from './matvec/matvec';
import { rmsNorm } from './rms-norm/rms-norm';
import { rotaryAppend } from './rotary-append/rotary-append';

export const KERNELS = { embed, rmsNorm, matvec, matmul, rotaryAppend, attention, gatherRows };

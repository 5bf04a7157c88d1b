/** Products of integers, for rows that are codes. They come in a script of their own (integer-kernels.ts). */
import { defineKernel } from '../../gpu/kernel';
import { invariant } from '../../lib/invariant';
import dotInt4 from '../shared/dot-int4.wgsl?raw';
import dotInt8 from '../shared/dot-int8.wgsl?raw';
import dot from '../shared/dot.wgsl?raw';
import { decoderOf, isIntegerDecoder } from '../shared/packed';
import { unroll } from '../shared/unroll';
import integerTiled from './integer-tiled.wgsl?raw';
import { matmulIntegerOnCpu } from './integer.cpu';
import integer from './integer.wgsl?raw';
import {
  BINDINGS,
  CONSTANTS,
  matmul,
  matmulTiled,
  plainWgsl,
  sharedWgsl,
  tileRows,
  tileWgsl,
  unrolling,
} from './matmul';

/**
 * What `matmul` gives of rows that are int8 codes (kernels/quantize-rows), by products of integers: a class of its own. For
 * quantised weights only.
 */
export const matmulInteger = defineKernel({
  name: 'matmul/int8',
  bindings: BINDINGS,
  constants: CONSTANTS,
  wgsl: (constants) => {
    const shared = [sharedWgsl(constants, 0), dotWgsl(constants), unroll(integer, unrolling(constants))];
    return [...shared, plainWgsl].join('\n');
  },
  work: matmul.work,
  cpu: matmulIntegerOnCpu,
});

/** What `matmulInteger` gives, by tiles. */
export const matmulTiledInteger = defineKernel({
  name: 'matmul/tiled/int8',
  bindings: BINDINGS,
  constants: CONSTANTS,
  wgsl: (constants) => [tileWgsl(constants), dotWgsl(constants), unroll(integerTiled, unrolling(constants))].join('\n'),
  work: matmulTiled.work,
  cpu: (buffers, constants, grid) => matmulIntegerOnCpu(buffers, tileRows(constants), grid),
});

/** Decode's: the same with one row, by a name of its own in profiles. */
export const matvecInteger = { ...matmulInteger, name: 'matvec/int8' };

/** WGSL that multiplies vectors of codes with quantised activations, joined to `packedWgsl`. */
function dotWgsl(constants: Readonly<Record<'DECODER', number>>): string {
  const decoder = decoderOf(constants);
  invariant(isIntegerDecoder(decoder), `${decoder} weights are no codes`);
  return [dot, decoder === 'int4' ? dotInt4 : dotInt8].join('\n');
}

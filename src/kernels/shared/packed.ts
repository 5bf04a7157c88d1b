/**
 * How the kernels that multiply by packed weights learn the format: a few constants, and the WGSL that decodes them.
 * The counterpart on the CPU is packed.cpu.ts.
 */
import { CHUNK, isQuantized, rowLayout } from '../../quant/format';
import type { PackedFormat } from '../../quant/format';
import { present } from '../../lib/invariant';
import bf16 from './bf16.wgsl?raw';
import f16 from './f16.wgsl?raw';
import f32 from './f32.wgsl?raw';
import floats from './floats.wgsl?raw';
import half from './half.wgsl?raw';
import int4 from './int4.wgsl?raw';
import int8Group16 from './int8-g16.wgsl?raw';
import int8 from './int8.wgsl?raw';
import scales from './scales.wgsl?raw';
import vectors from './vectors.wgsl?raw';

/** The decoders, in the order of the constant DECODER. */
export const DECODERS = ['int4', 'int8', 'int8-g16', 'f16', 'bf16', 'f32'] as const;
export type Decoder = (typeof DECODERS)[number];

const DECODER_WGSL: Record<Decoder, readonly string[]> = {
  int4: [scales, int4],
  int8: [scales, int8],
  'int8-g16': [scales, int8Group16],
  f16: [floats, f16, half],
  bf16: [floats, bf16, half],
  f32: [floats, f32],
};

/** Names of the constants that describe a packed matrix to a kernel. */
export const PACKED_CONSTANTS = ['DECODER', 'CHUNKS', 'SCALE_WORDS', 'GROUP_SHIFT', 'AFFINE', 'SCALE_F32'] as const;
export type PackedConstant = (typeof PACKED_CONSTANTS)[number];

/** The constants of a matrix `width` weights wide. */
export function packedConstants(format: PackedFormat, width: number): Record<PackedConstant, number> {
  const layout = rowLayout(format, width);
  const quantized = isQuantized(format);
  const decoder: Decoder = format.kind === 'int8' && format.group === 16 ? 'int8-g16' : format.kind;
  return {
    DECODER: DECODERS.indexOf(decoder),
    CHUNKS: layout.paddedWidth / CHUNK,
    SCALE_WORDS: layout.scaleWordsPerRow,
    GROUP_SHIFT: quantized && format.group > CHUNK ? Math.log2(format.group / CHUNK) : 0,
    AFFINE: quantized && format.affine ? 1 : 0,
    SCALE_F32: quantized && format.scale === 'f32' ? 1 : 0,
  };
}

export function decoderOf(constants: Readonly<Record<'DECODER', number>>): Decoder {
  return present(DECODERS[constants.DECODER], 'decoder of packed weights'); // twins ask for every row: no text is made
}

/** VECTOR_QUADS of each decoder (vectors.wgsl). */
export const VECTOR_QUADS: Readonly<Record<Decoder, number>> = {
  int4: 8,
  int8: 4,
  'int8-g16': 4,
  f16: 2,
  bf16: 2,
  f32: 1,
};

/** STEP_QUADS of a decoder (vectors.wgsl), for text that is written out. */
export function stepQuads(constants: Readonly<Record<'DECODER', number>>): number {
  return decoderOf(constants) === 'int4' ? 2 : 1;
}

/** WGSL that walks vectors of weights (vectors.wgsl) over bindings named `codes` and `scales`. */
export function packedWgsl(constants: Readonly<Record<'DECODER', number>>): string {
  const decoder = decoderOf(constants);
  return [...DECODER_WGSL[decoder], vectors].join('\n');
}

/** The decoders whose weights are multiplied with int8 activations. */
export function isIntegerDecoder(decoder: Decoder): boolean {
  return decoder === 'int4' || decoder === 'int8' || decoder === 'int8-g16';
}

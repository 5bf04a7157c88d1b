/**
 * The judge of repacking: GGUF's block types as the structs and loops of ggml say them (ggml-common.h, dequantize_row_… in
 * ggml-quants.c, MIT), each product and sum rounded to f32. It shares no code with blocks.ts.
 */
import type { GgmlBlockType } from '../blocks';

type Decoder = (block: DataView, y: Float32Array) => void;

const { fround } = Math;

/** f16 by its definition. */
function half(block: DataView, at: number): number {
  const bits = block.getUint16(at, true);
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

/** get_scale_min_k4 */
function scaleMin(j: number, byte: (at: number) => number): [number, number] {
  if (j < 4) return [byte(j) & 63, byte(j + 4) & 63];
  return [(byte(j + 4) & 15) | ((byte(j - 4) >> 6) << 4), (byte(j + 4) >> 4) | ((byte(j) >> 6) << 4)];
}

const DECODERS: Record<GgmlBlockType, { weights: number; bytes: number; decode: Decoder }> = {
  Q4_0: {
    weights: 32,
    bytes: 18,
    decode(block, y) {
      const d = half(block, 0);
      for (let j = 0; j < 16; j++) {
        y[j] = fround(((block.getUint8(2 + j) & 15) - 8) * d);
        y[j + 16] = fround(((block.getUint8(2 + j) >> 4) - 8) * d);
      }
    },
  },
  Q4_1: {
    weights: 32,
    bytes: 20,
    decode(block, y) {
      const d = half(block, 0);
      const m = half(block, 2);
      for (let j = 0; j < 16; j++) {
        y[j] = fround(fround((block.getUint8(4 + j) & 15) * d) + m);
        y[j + 16] = fround(fround((block.getUint8(4 + j) >> 4) * d) + m);
      }
    },
  },
  Q5_0: {
    weights: 32,
    bytes: 22,
    decode(block, y) {
      const d = half(block, 0);
      const qh = block.getUint32(2, true);
      for (let j = 0; j < 16; j++) {
        const low = ((qh >>> j) << 4) & 16;
        const high = (qh >>> (j + 12)) & 16;
        y[j] = fround((((block.getUint8(6 + j) & 15) | low) - 16) * d);
        y[j + 16] = fround((((block.getUint8(6 + j) >> 4) | high) - 16) * d);
      }
    },
  },
  Q5_1: {
    weights: 32,
    bytes: 24,
    decode(block, y) {
      const d = half(block, 0);
      const m = half(block, 2);
      const qh = block.getUint32(4, true);
      for (let j = 0; j < 16; j++) {
        const low = ((qh >>> j) << 4) & 16;
        const high = (qh >>> (j + 12)) & 16;
        y[j] = fround(fround(((block.getUint8(8 + j) & 15) | low) * d) + m);
        y[j + 16] = fround(fround(((block.getUint8(8 + j) >> 4) | high) * d) + m);
      }
    },
  },
  Q8_0: {
    weights: 32,
    bytes: 34,
    decode(block, y) {
      const d = half(block, 0);
      for (let j = 0; j < 32; j++) y[j] = fround(block.getInt8(2 + j) * d);
    },
  },
  Q4_K: {
    weights: 256,
    bytes: 144,
    decode(block, y) {
      const d = half(block, 0);
      const min = half(block, 2);
      let out = 0;
      for (let is = 0, q = 16; is < 8; is += 2, q += 32) {
        const [sc1, m1] = scaleMin(is, (at) => block.getUint8(4 + at));
        const [sc2, m2] = scaleMin(is + 1, (at) => block.getUint8(4 + at));
        for (let l = 0; l < 32; l++) {
          y[out++] = fround(fround(fround(d * sc1) * (block.getUint8(q + l) & 15)) - fround(min * m1));
        }
        for (let l = 0; l < 32; l++) {
          y[out++] = fround(fround(fround(d * sc2) * (block.getUint8(q + l) >> 4)) - fround(min * m2));
        }
      }
    },
  },
  Q5_K: {
    weights: 256,
    bytes: 176,
    decode(block, y) {
      const d = half(block, 0);
      const min = half(block, 2);
      let out = 0;
      let u1 = 1;
      let u2 = 2;
      for (let is = 0, q = 48; is < 8; is += 2, q += 32, u1 <<= 2, u2 <<= 2) {
        const [sc1, m1] = scaleMin(is, (at) => block.getUint8(4 + at));
        const [sc2, m2] = scaleMin(is + 1, (at) => block.getUint8(4 + at));
        for (let l = 0; l < 32; l++) {
          const code = (block.getUint8(q + l) & 15) + (block.getUint8(16 + l) & u1 ? 16 : 0);
          y[out++] = fround(fround(fround(d * sc1) * code) - fround(min * m1));
        }
        for (let l = 0; l < 32; l++) {
          const code = (block.getUint8(q + l) >> 4) + (block.getUint8(16 + l) & u2 ? 16 : 0);
          y[out++] = fround(fround(fround(d * sc2) * code) - fround(min * m2));
        }
      }
    },
  },
  Q6_K: {
    weights: 256,
    bytes: 210,
    decode(block, y) {
      const d = half(block, 208);
      let out = 0;
      for (let ql = 0, qh = 128, sc = 192; ql < 128; ql += 64, qh += 32, sc += 8, out += 128) {
        for (let l = 0; l < 32; l++) {
          const is = sc + Math.floor(l / 16);
          const upper = block.getUint8(qh + l);
          const q1 = ((block.getUint8(ql + l) & 15) | ((upper & 3) << 4)) - 32;
          const q2 = ((block.getUint8(ql + l + 32) & 15) | (((upper >> 2) & 3) << 4)) - 32;
          const q3 = ((block.getUint8(ql + l) >> 4) | (((upper >> 4) & 3) << 4)) - 32;
          const q4 = ((block.getUint8(ql + l + 32) >> 4) | (((upper >> 6) & 3) << 4)) - 32;
          y[out + l] = fround(fround(d * block.getInt8(is)) * q1);
          y[out + l + 32] = fround(fround(d * block.getInt8(is + 2)) * q2);
          y[out + l + 64] = fround(fround(d * block.getInt8(is + 4)) * q3);
          y[out + l + 96] = fround(fround(d * block.getInt8(is + 6)) * q4);
        }
      }
    },
  },
};

/** @param bytes whole blocks. @returns their weights // [blocks][weights of a block] */
export function plainDecode(type: GgmlBlockType, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const { weights, bytes: blockBytes, decode } = DECODERS[type];
  const values = new Float32Array((bytes.length / blockBytes) * weights);
  for (let at = 0, out = 0; at < bytes.length; at += blockBytes, out += weights) {
    const block = new DataView(bytes.buffer, bytes.byteOffset + at, blockBytes);
    decode(block, values.subarray(out, out + weights));
  }
  return values;
}

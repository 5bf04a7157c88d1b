import type { Constants, CpuView, Grid } from '../../gpu/kernel';

type Views = Readonly<Record<'x' | 'y', CpuView>>;

/** Twin of read.wgsl. */
export function readOnCpu({ x, y }: Views, { VECTORS, THREADS }: Constants<'VECTORS' | 'THREADS'>): void {
  y.u32.fill(0, 0, THREADS);
  for (let i = 0; i < 4 * VECTORS; i++) {
    const thread = (i >> 2) % THREADS;
    y.u32[thread] = (y.u32[thread]! ^ x.u32[i]!) >>> 0;
  }
}

/** Twin of copy.wgsl. */
export function copyOnCpu({ x, y }: Views, { VECTORS }: Constants<'VECTORS' | 'THREADS'>): void {
  y.u32.set(x.u32.subarray(0, 4 * VECTORS));
}

/** Twin of multiply-add.wgsl. */
export function multiplyAddOnCpu({ x, y }: Views, { ROUNDS }: Constants<'ROUNDS'>, grid: Grid): void {
  for (let i = 0; i < 4 * 64 * grid[0]; i++) {
    let sum = 0;
    for (let chain = 0; chain < 8; chain++) {
      let value = x.f32[i]! + chain;
      for (let round = 0; round < ROUNDS; round++) value = Math.fround(value * 0.5 + 1);
      sum += value;
    }
    y.f32[i] = sum;
  }
}

/** Twin of unpack.wgsl. */
export function unpackOnCpu({ x, y }: Views, { ROUNDS }: Constants<'ROUNDS'>, grid: Grid): void {
  const sums = new Float32Array(4);
  for (let thread = 0; thread < 64 * grid[0]; thread++) {
    const words = x.u32.slice(4 * thread, 4 * thread + 4);
    for (let lane = 0; lane < 4; lane++) {
      const mask = 0xf << (8 * lane);
      for (let chain = 0; chain < 4; chain++) {
        let word = words[chain]!;
        sums[chain] = 0;
        for (let round = 0; round < ROUNDS; round++) {
          sums[chain]! += word & mask;
          sums[chain]! += (word >>> 4) & mask;
          word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
        }
      }
      y.f32[4 * thread + lane] = Math.fround(sums[0]! + sums[1]!) + Math.fround(sums[2]! + sums[3]!);
    }
  }
}

import type { Constants, CpuView, Grid } from '../../gpu/kernel';

type Views = Readonly<Record<'x' | 'y', CpuView>>;

/** Twin of read.wgsl. */
export function readOnCpu(
  { x, y }: Views,
  { VECTORS, THREADS, PIECES }: Constants<'VECTORS' | 'THREADS' | 'PIECES'>,
): void {
  const each = VECTORS / THREADS;
  y.u32.fill(0, 0, THREADS);
  for (let i = 0; i < 4 * VECTORS; i++) {
    const vector = i >> 2;
    const thread = PIECES === 1 ? Math.floor(vector / each) : vector % THREADS;
    y.u32[thread] = (y.u32[thread]! ^ x.u32[i]!) >>> 0;
  }
}

/** Twin of copy.wgsl. */
export function copyOnCpu({ x, y }: Views, { VECTORS }: Constants<'VECTORS' | 'THREADS'>): void {
  y.u32.set(x.u32.subarray(0, 4 * VECTORS));
}

/** Twin of multiply-add.wgsl. */
export function multiplyAddOnCpu(
  { x, y }: Views,
  { ROUNDS, STEPS, WIDTH }: Constants<'ROUNDS' | 'STEPS' | 'WIDTH'>,
  grid: Grid,
): void {
  for (let i = 0; i < WIDTH * 64 * grid[0]; i++) {
    let sum = 0;
    for (let chain = 0; chain < 8; chain++) {
      let value = x.f32[i]! + chain;
      for (let step = 0; step < ROUNDS * STEPS; step++) value = Math.fround(value * 0.5 + 1);
      sum += value;
    }
    y.f32[i] = sum;
  }
}

/** Twin of unpack.wgsl. */
export function unpackOnCpu(
  { x, y }: Views,
  { ROUNDS, STEPS, WIDTH }: Constants<'ROUNDS' | 'STEPS' | 'WIDTH'>,
  grid: Grid,
): void {
  const sums = new Float32Array(8);
  for (let i = 0; i < WIDTH * 64 * grid[0]; i++) {
    let word = x.u32[i]!;
    sums.fill(0);
    for (let step = 0; step < ROUNDS * STEPS; step++) {
      for (let place = 0; place < 8; place++) {
        const nibble = (word >>> (4 * (place % 2))) & (0xf << (8 * (place >> 1)));
        sums[place] = sums[place]! + nibble;
      }
      word = (word + 1640531527) >>> 0;
    }
    const pair = (first: number) => Math.fround(sums[first]! + sums[first + 1]!);
    y.f32[i] = Math.fround(pair(0) + pair(2)) + Math.fround(pair(4) + pair(6));
  }
}

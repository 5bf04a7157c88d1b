import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { decodeRow } from '../shared/packed.cpu';
import type { PackedConstant } from '../shared/packed';

/** Twin of embed.wgsl. */
export function embedOnCpu(
  { rows, codes, scales, y }: Readonly<Record<'rows' | 'codes' | 'scales' | 'y', CpuView>>,
  constants: Constants<PackedConstant | 'WIDTH' | 'FIRST_ROW' | 'PART_ROWS' | 'SCALE'>,
  grid: Grid,
): void {
  const { CHUNKS, WIDTH, FIRST_ROW, PART_ROWS, SCALE } = constants;
  const stride = 32 * CHUNKS;
  const numbers = new Float32Array(stride);
  for (let row = 0; row < grid[2]; row++) {
    const token = rows.u32[4 * row]!;
    if (token < FIRST_ROW || token - FIRST_ROW >= PART_ROWS) continue;
    decodeRow(codes, scales, constants, token - FIRST_ROW, numbers);
    for (let i = 0; i < WIDTH; i++) y.f32[row * stride + i] = SCALE * numbers[i]!;
  }
}

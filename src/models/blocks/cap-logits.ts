/** The last step of architectures whose logits stay within a cap. */
import { softCap, softCapGrid } from '../../kernels/soft-cap/soft-cap';
import { present } from '../../lib/invariant';
import type { ForwardPass } from '../page';

/** @param stride of a row of logits // @param cap null: they stay as they are */
export function capLogits(
  { recorder, activations, outputCount }: ForwardPass,
  stride: number,
  cap: number | null,
): void {
  if (cap === null || outputCount === 0) return;
  const y = present(activations['logits'], 'activation logits');
  recorder.call('capped', softCap, { y }, { STRIDE: stride / 4, SOFT_CAP: cap }, softCapGrid(stride / 4, outputCount));
}

/**
 * Whether a model fits the adapter, as far as a page can know. Browsers tell how large one buffer may be, and not how much
 * memory there is: what is beyond a buffer's limit cannot work, what is below it in all will, and between the two lies
 * "perhaps".
 */
import type { DeviceReport, ModelCost } from '../../client';
import { costAt } from './speed';

export interface Need {
  /** Weights, keys and values, work space. */
  bytes: number;
  largestBufferBytes: number;
  runsOnProcessor: boolean;
}

export type Fit =
  | { verdict: 'fits'; because: 'processor' | 'below-limit'; limitBytes: number }
  | { verdict: 'tight'; limitBytes: number }
  | { verdict: 'no'; because: 'needs-adapter' | 'piece-too-large'; limitBytes: number };

export function fitOf({ bytes, largestBufferBytes, runsOnProcessor }: Need, device: DeviceReport): Fit {
  if (device.kind === 'cpu') {
    return runsOnProcessor
      ? { verdict: 'fits', because: 'processor', limitBytes: 0 }
      : { verdict: 'no', because: 'needs-adapter', limitBytes: 0 };
  }
  const { maxBufferSize = 0, maxStorageBufferBindingSize = 0 } = device.limits;
  const pieceBytes = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  if (largestBufferBytes > pieceBytes) return { verdict: 'no', because: 'piece-too-large', limitBytes: pieceBytes };
  if (bytes > maxBufferSize) return { verdict: 'tight', limitBytes: maxBufferSize };
  return { verdict: 'fits', because: 'below-limit', limitBytes: maxBufferSize };
}

/** What a model takes at a context length; null for one that nothing is known of. */
export function needOf(
  { weightBytes, contexts, runsOnProcessor }: Pick<ModelCost, 'weightBytes' | 'contexts' | 'runsOnProcessor'>,
  contextLength: number,
): Need | null {
  const cost = costAt(contexts, contextLength);
  return cost
    ? { bytes: weightBytes + cost.bytes, largestBufferBytes: cost.largestBufferBytes, runsOnProcessor }
    : null;
}

/** Several models side by side. */
export function addNeeds(needs: readonly Need[]): Need {
  return {
    bytes: needs.reduce((sum, { bytes }) => sum + bytes, 0),
    largestBufferBytes: Math.max(0, ...needs.map((need) => need.largestBufferBytes)),
    runsOnProcessor: needs.every((need) => need.runsOnProcessor),
  };
}

/** What some architectures do to queries, keys and values before they are turned, in the dispatch that turns them. */
import { rotaryAppendBiased } from '../../kernels/rotary-append/biased';
import { rotaryAppendNormed } from '../../kernels/rotary-append/normed';
import type { ForwardPass } from '../page';
import type { RotaryCall } from './decoder-steps';

/** Adds the weight `name` to queries, keys and values: [all heads][head_dim]. */
export function withBias({ recorder, weights }: ForwardPass, name: string): RotaryCall {
  return (label, buffers, constants, grid) => {
    recorder.call(label, rotaryAppendBiased, { ...buffers, bias: weights.vector(name) }, constants, grid);
  };
}

/** Norms each head of queries and keys with the weight `name`: [query, key][head_dim]. */
export function withHeadNorms({ recorder, weights }: ForwardPass, name: string, epsilon: number): RotaryCall {
  return (label, buffers, constants, grid) => {
    const normed = { ...constants, EPSILON: epsilon };
    recorder.call(label, rotaryAppendNormed, { ...buffers, norms: weights.vector(name) }, normed, grid);
  };
}

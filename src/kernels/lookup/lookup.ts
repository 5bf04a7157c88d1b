import { defineKernel } from '../../gpu/kernel';
import slotState from '../shared/slot-state.wgsl?raw';
import { lookupOnCpu } from './lookup.cpu';
import main from './lookup.wgsl?raw';

/** Tokens at a sequence's end that must have occurred before, for what followed them to be a guess: as many as do. */
export const LONGEST_NGRAM = 3;
export const SHORTEST_NGRAM = 2;

/**
 * Guesses from a sequence's own text (prompt lookup, Saxena 2023): where the last LONGEST … SHORTEST tokens have occurred
 * before, what followed the last time is written behind the sequence's tokens, as `propose` writes what a draft guesses.
 * What followed is repeated where it reaches the end. Where nothing has occurred before, NO_TOKEN is written, which makes
 * the rows of the guesses dead. One workgroup a sequence.
 */
export const lookup = defineKernel({
  name: 'lookup',
  bindings: [
    { name: 'plan', access: 'read' },
    { name: 'slots', access: 'read' },
    { name: 'tokens', access: 'read_write' },
  ],
  constants: ['GUESSES', 'TOKENS_STRIDE', 'LONGEST', 'SHORTEST'],
  wgsl: () => [slotState, main].join('\n'),
  cpu: lookupOnCpu,
});

/**
 * From rows of logits to tokens, without sorting a vocabulary and without the CPU. Each dispatch is one idea; the order,
 * and which of them a batch needs, is `recordSampling` (../sampling.ts):
 *
 *   largest      the likeliest token of each tile of the vocabulary
 *   bins         filtered rows only: how many tokens lie how far below the likeliest
 *   candidates   filtered rows only: the ids that top-k and top-p can keep
 *   cut          filtered rows only: the last rank that both keep
 *   race         the winner of each tile among what cut and min-p keep
 *   choose       the winner of all, or for greedy rows the likeliest
 *   greedy       in place of them all where every row is greedy and the head gave ranks: the likeliest
 *
 * The grid is [tiles, 1, outputs], or [1, 1, outputs] for `cut`, `choose` and `greedy`. A row's token depends on no other row.
 */
import { defineKernel } from '../../gpu/kernel';
import rank from '../shared/rank.wgsl?raw';
import random from '../shared/random.wgsl?raw';
import slotState from '../shared/slot-state.wgsl?raw';
import tile from '../shared/tile.wgsl?raw';
import binsText from './bins.wgsl?raw';
import candidatesText from './candidates.wgsl?raw';
import chooseText from './choose.wgsl?raw';
import cutText from './cut.wgsl?raw';
import greedyText from './greedy.wgsl?raw';
import largestText from './largest.wgsl?raw';
import raceText from './race.wgsl?raw';
import row from './row.wgsl?raw';
import { binsOnCpu, candidatesOnCpu, chooseOnCpu, cutOnCpu, greedyOnCpu, largestOnCpu, raceOnCpu } from './sample.cpu';

const forRows = [slotState, rank, tile, row];

/** The first rank of each tile. */
export const largest = defineKernel({
  name: 'sample/largest',
  bindings: [
    { name: 'logits', access: 'read' },
    { name: 'largest', access: 'read_write' },
  ],
  constants: ['VOCAB', 'LOGIT_STRIDE'],
  wgsl: () => [rank, tile, largestText].join('\n'),
  cpu: largestOnCpu,
});

/** Of each tile of a filtered row, its tokens by distance below the likeliest, and its mass. */
export const bins = defineKernel({
  name: 'sample/bins',
  bindings: [
    { name: 'logits', access: 'read' },
    { name: 'rows', access: 'read' },
    { name: 'picked', access: 'read' },
    { name: 'slots', access: 'read' },
    { name: 'largest', access: 'read' },
    { name: 'bins', access: 'read_write' },
    { name: 'masses', access: 'read_write' },
  ],
  constants: ['VOCAB', 'LOGIT_STRIDE'],
  wgsl: () => [...forRows, binsText].join('\n'),
  cpu: binsOnCpu,
});

/** Of a filtered row, the ids that the filters can keep. */
export const candidates = defineKernel({
  name: 'sample/candidates',
  bindings: [
    { name: 'logits', access: 'read' },
    { name: 'rows', access: 'read' },
    { name: 'picked', access: 'read' },
    { name: 'slots', access: 'read' },
    { name: 'largest', access: 'read' },
    { name: 'bins', access: 'read' },
    { name: 'masses', access: 'read' },
    { name: 'candidates', access: 'read_write' },
  ],
  constants: ['VOCAB', 'LOGIT_STRIDE'],
  wgsl: () => [...forRows, candidatesText].join('\n'),
  cpu: candidatesOnCpu,
});

/** Of a filtered row, the last rank that top-k and top-p keep. */
export const cut = defineKernel({
  name: 'sample/cut',
  bindings: [
    { name: 'logits', access: 'read' },
    { name: 'rows', access: 'read' },
    { name: 'picked', access: 'read' },
    { name: 'slots', access: 'read' },
    { name: 'largest', access: 'read' },
    { name: 'masses', access: 'read' },
    { name: 'candidates', access: 'read' },
    { name: 'cuts', access: 'read_write' },
  ],
  constants: ['VOCAB', 'LOGIT_STRIDE'],
  wgsl: () => [...forRows, cutText].join('\n'),
  cpu: cutOnCpu,
});

/** The shortest wait of each tile of a row that is drawn. */
export const race = defineKernel({
  name: 'sample/race',
  bindings: [
    { name: 'logits', access: 'read' },
    { name: 'rows', access: 'read' },
    { name: 'picked', access: 'read' },
    { name: 'slots', access: 'read' },
    { name: 'largest', access: 'read' },
    { name: 'cuts', access: 'read' },
    { name: 'winners', access: 'read_write' },
  ],
  constants: ['VOCAB', 'LOGIT_STRIDE'],
  wgsl: () => [random, ...forRows, raceText].join('\n'),
  cpu: raceOnCpu,
});

/** The token of each output, NO_TOKEN for a dead row, BAD_LOGIT where a logit is not finite. */
export const choose = defineKernel({
  name: 'sample/choose',
  bindings: [
    { name: 'rows', access: 'read' },
    { name: 'picked', access: 'read' },
    { name: 'slots', access: 'read' },
    { name: 'largest', access: 'read' },
    { name: 'winners', access: 'read' },
    { name: 'chosen', access: 'read_write' },
  ],
  constants: ['VOCAB', 'LOGIT_STRIDE'],
  wgsl: () => [...forRows, chooseText].join('\n'),
  cpu: chooseOnCpu,
});

/** The likeliest token of each output, NO_TOKEN for a dead row, BAD_LOGIT where a logit is not finite. */
export const greedy = defineKernel({
  name: 'sample/greedy',
  bindings: [
    { name: 'rows', access: 'read' },
    { name: 'picked', access: 'read' },
    { name: 'ranks', access: 'read' },
    { name: 'chosen', access: 'read_write' },
  ],
  constants: ['VOCAB', 'LOGIT_STRIDE', 'RANK_STRIDE'],
  wgsl: () => [rank, tile, greedyText].join('\n'),
  cpu: greedyOnCpu,
});

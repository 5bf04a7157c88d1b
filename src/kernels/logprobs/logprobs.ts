/**
 * Log-probabilities of the model's own distribution, before penalties, bias, temperature and filters, of those rows whose
 * slot asks for them: `survey` reads the logits before anything changes them, `report` comes when the tokens are chosen.
 */
import { defineKernel } from '../../gpu/kernel';
import rank from '../shared/rank.wgsl?raw';
import slotState from '../shared/slot-state.wgsl?raw';
import tile from '../shared/tile.wgsl?raw';
import { reportOnCpu, surveyOnCpu } from './logprobs.cpu';
import reportText from './report.wgsl?raw';
import row from './row.wgsl?raw';
import surveyText from './survey.wgsl?raw';

/** Of each tile its likeliest tokens and its sum; the grid is [tiles, 1, outputs]. */
export const survey = defineKernel({
  name: 'logprobs/survey',
  bindings: [
    { name: 'logits', access: 'read' },
    { name: 'rows', access: 'read' },
    { name: 'picked', access: 'read' },
    { name: 'slots', access: 'read' },
    { name: 'raw', access: 'read_write' },
    { name: 'leaders', access: 'read_write' },
    { name: 'sums', access: 'read_write' },
  ],
  constants: ['VOCAB', 'LOGIT_STRIDE'],
  wgsl: () => [slotState, rank, tile, row, surveyText].join('\n'),
  cpu: surveyOnCpu,
});

/** LOGPROB_WORDS of each output; the grid is [1, 1, outputs]. */
export const report = defineKernel({
  name: 'logprobs/report',
  bindings: [
    { name: 'rows', access: 'read' },
    { name: 'picked', access: 'read' },
    { name: 'slots', access: 'read' },
    { name: 'raw', access: 'read' },
    { name: 'leaders', access: 'read' },
    { name: 'sums', access: 'read' },
    { name: 'chosen', access: 'read' },
    { name: 'logprobs', access: 'read_write' },
  ],
  constants: ['VOCAB', 'LOGIT_STRIDE'],
  wgsl: () => [slotState, rank, tile, row, reportText].join('\n'),
  cpu: reportOnCpu,
});

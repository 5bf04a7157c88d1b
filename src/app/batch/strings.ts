/** What this folder says to a person. */
import { wordsOf } from '../strings';
import { batch } from '../strings/en/batch';

export const strings = wordsOf('batch', batch);

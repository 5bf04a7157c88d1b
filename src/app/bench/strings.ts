/** What this folder says to a person. */
import { wordsOf } from '../strings';
import { bench } from '../strings/en/bench';

export const strings = wordsOf('bench', bench);

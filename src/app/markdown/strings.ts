/** What this room says, in the language that is spoken. */
import { wordsOf } from '../strings';
import { markdown } from '../strings/en/markdown';

export const strings = wordsOf('markdown', markdown);

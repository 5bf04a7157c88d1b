/** What this folder says to a person. */
import { wordsOf } from '../strings';
import { models } from '../strings/en/models';

export const strings = wordsOf('models', models);

/** What this folder says to a person. */
import { wordsOf } from '../strings';
import { servers } from '../strings/en/servers';

export const strings = wordsOf('servers', servers);

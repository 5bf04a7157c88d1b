/** What this folder says to a person. */
import { wordsOf } from '../strings';
import { chat } from '../strings/en/chat';

export const strings = wordsOf('chat', chat);

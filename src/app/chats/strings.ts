/** What this room says, in the language that is spoken. */
import { wordsOf } from '../strings';
import { chats } from '../strings/en/chats';

export const strings = wordsOf('chats', chats);

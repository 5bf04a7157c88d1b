/** What the frame says. */
import { wordsOf } from '../../app/strings';
import { embed } from '../../app/strings/en/embed';

export const strings = wordsOf('embed', embed);

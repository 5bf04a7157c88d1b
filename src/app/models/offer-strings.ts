/** What is said of models that are not here yet; of use on their screen only. */
import { wordsOf } from '../strings';
import { offers } from '../strings/en/offers';

export const strings = wordsOf('offers', offers);

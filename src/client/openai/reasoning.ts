/**
 * The thoughts of an answer apart from the rest of it, piece by piece: what `splitThinking` makes of the whole text, as it
 * grows. The result does not depend on how the text comes in pieces.
 */
import { splitThinking } from '../../lib/split-thinking';

export interface SplitText {
  reasoning: string;
  content: string;
}

export class ReasoningSplitter {
  readonly #opened: boolean;
  /** The text so far, until the answer has begun. */
  #text = '';
  /** How many characters of the thoughts have been given. */
  #given = 0;
  #answerHasBegun = false;

  /** @param opened the prompt ended with the opening tag already. */
  constructor(opened: boolean) {
    this.#opened = opened;
  }

  /** Whether the text so far ends in a thought. */
  get isReasoning(): boolean {
    const { thought, thoughtClosed } = splitThinking(this.#text, true, this.#opened);
    return thought !== null && !thoughtClosed;
  }

  push(text: string): SplitText {
    return this.#answerHasBegun ? { reasoning: '', content: text } : this.#take(this.#text + text, true);
  }

  /** What was held back, when no more will come. */
  flush(): SplitText {
    return this.#answerHasBegun ? { reasoning: '', content: '' } : this.#take(this.#text, false);
  }

  #take(text: string, streaming: boolean): SplitText {
    const { thought, thoughtClosed, answer } = splitThinking(text, streaming, this.#opened);
    // White space at the end of a thought is left out once the thought has ended, so it waits until then.
    const sure = streaming && !thoughtClosed ? thought?.trimEnd() : thought;
    const reasoning = sure?.slice(this.#given) ?? '';
    this.#text = text;
    this.#given += reasoning.length;
    this.#answerHasBegun = answer !== '';
    return { reasoning, content: answer };
  }
}

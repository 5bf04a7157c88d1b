/**
 * The words of a model in one object: its tokenizer, its chat template, and the tokens and strings that end an answer.
 * Made once per loaded checkpoint from the text files stored beside the weights.
 */
import { HearthError } from '../lib/errors';
import { checkpointTemplate, createChatTemplate, PLAIN_TEMPLATE, type ChatMessage } from './chat-template';
import { readJsonFile, type CheckpointTexts } from './checkpoint-texts';
import { createTokenizer, type Tokenizer } from './tokenizer';

export interface RenderedChat {
  text: string;
  tokenIds: number[];
}

export interface RenderOptions {
  /** The last message is an answer to go on with: it is written after the opening of an answer, and its turn is not ended. */
  continueFinal?: boolean;
}

export interface TextModel {
  readonly tokenizer: Tokenizer;
  /** The name the checkpoint gives itself, e.g. "Qwen3-0.6B"; null for most. */
  readonly label: string | null;
  /** Tokens that end an answer. */
  readonly stopTokenIds: ReadonlySet<number>;
  /** Strings that end an answer to a chat: none, unless the plain template stands in, where the next speaker ends it. */
  readonly chatStopStrings: readonly string[];
  /** The chat as the model sees it, ending with the opening of its answer. */
  renderChat(messages: readonly ChatMessage[], options?: RenderOptions): RenderedChat;
}

/** @throws HearthError `bad-file` or `unsupported-model`, see `createTokenizer` and `createChatTemplate`. */
export function createTextModel(texts: CheckpointTexts): TextModel {
  const tokenizer = createTokenizer(texts);
  const ownTemplate = checkpointTemplate(texts);
  const template = createChatTemplate(ownTemplate ?? PLAIN_TEMPLATE, tokenizer.namedTokens);

  /**
   * What the model had before it when it wrote the last word of the last message: the opening of its answer, then its words.
   * Rendering that message through the template and cutting off its end would not be the same where templates rewrite answers.
   */
  function renderUnfinished(messages: readonly ChatMessage[]): string {
    const last = messages.at(-1);
    if (last?.role !== 'assistant') {
      const found = last ? `a message of the role "${last.role}"` : 'no message';
      throw new HearthError(
        'bad-request',
        `There is ${found} to go on with; expected an answer at the end of the chat.`,
      );
    }
    const opening = template.render(messages.slice(0, -1), true);
    const joint = ownTemplate === null && !/^\s/.test(last.content) ? ' ' : ''; // "Assistant:" and a word
    return opening + joint + last.content;
  }

  return {
    tokenizer,
    label: labelOf(texts),
    stopTokenIds: new Set(tokenizer.eosTokenIds),
    chatStopStrings: ownTemplate === null ? ['\nUser:'] : [],
    renderChat(messages, { continueFinal = false } = {}) {
      const text = continueFinal ? renderUnfinished(messages) : template.render(messages, true);
      // A checkpoint's template writes BOS itself where the model wants it (as in Transformers); the plain one does not.
      return { text, tokenIds: tokenizer.encode(text, { addSpecialTokens: ownTemplate === null }) };
    },
  };
}

function labelOf(texts: CheckpointTexts): string | null {
  const path =
    readJsonFile(texts, 'config.json')['_name_or_path'] ?? readJsonFile(texts, 'tokenizer_config.json')['name_or_path'];
  return (typeof path === 'string' ? path.split('/').filter(Boolean).at(-1) : undefined) ?? null;
}

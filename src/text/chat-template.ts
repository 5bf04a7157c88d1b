/**
 * A chat becomes one prompt through the Jinja template of its checkpoint, with the variables that Hugging Face passes.
 * The template decides everything, special tokens included; how its text becomes ids is left to `text-model.ts`.
 *
 * One liberty is taken: templates that refuse or silently drop a system message (Gemma, Mistral v0.2, Phi-3) get it in
 * front of the first user message instead, as llama.cpp does.
 */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { HearthError } from '../lib/errors';
import { isObject, readJsonFile, type CheckpointTexts } from './checkpoint-texts';
import type { NamedTokens } from './tokenizer';

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface ChatTemplate {
  /**
   * @param addGenerationPrompt end with the opening of an assistant message, so that the model answers.
   * @throws HearthError `bad-request` when the template refuses the conversation (say, two user messages in a row).
   */
  render(messages: readonly ChatMessage[], addGenerationPrompt: boolean): string;
}

/** For checkpoints without a template (base models): a plain transcript that most of them continue sensibly. */
export const PLAIN_TEMPLATE = `{% for message in messages %}
{% if message.role == 'system' %}
{{ message.content + '\\n\\n' }}
{%- else %}
{{ message.role | capitalize + ': ' + message.content + '\\n' }}
{%- endif %}
{% endfor %}
{% if add_generation_prompt %}
{{ 'Assistant:' }}
{%- endif %}
`;

/** The checkpoint's own template: chat_template.jinja, else tokenizer_config.json's, of several the "default"; or null. */
export function checkpointTemplate(texts: CheckpointTexts): string | null {
  const file = texts['chat_template.jinja'];
  if (file !== undefined) return file;
  const field = readJsonFile(texts, 'tokenizer_config.json')['chat_template'];
  if (field === undefined || field === null || typeof field === 'string') return field ?? null;
  const named = Array.isArray(field) ? field.filter(isObject) : [];
  const chosen = named.find((entry) => entry['name'] === 'default') ?? named[0];
  if (typeof chosen?.['template'] === 'string') return chosen['template'];
  throw new HearthError(
    'bad-file',
    `tokenizer_config.json has a chat_template of type ${typeof field}; expected a string or a list of named templates.`,
  );
}

/**
 * @param source Jinja.
 * @param namedTokens `bos_token`, `eos_token` and so on, only those the tokenizer has.
 * @throws HearthError `unsupported-model` when the source is no Jinja that we can read.
 */
export function createChatTemplate(source: string, namedTokens: NamedTokens): ChatTemplate {
  const program = parseTemplate(source);

  const renderAsIs = (messages: readonly ChatMessage[], addGenerationPrompt: boolean): string => {
    const environment = new Environment();
    const variables = {
      ...GLOBALS,
      ...namedTokens,
      messages,
      tools: null,
      documents: null,
      add_generation_prompt: addGenerationPrompt,
    };
    for (const [name, value] of Object.entries(variables)) environment.set(name, value);
    try {
      return (new Interpreter(environment).run(program) as { value: string }).value;
    } catch (cause) {
      if (cause instanceof HearthError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new HearthError('unsupported-model', `The chat template of this model failed: ${reason}.`, { cause });
    }
  };

  let keepsSystem: boolean | undefined;
  const keepsSystemMessage = (): boolean => {
    try {
      const probe = renderAsIs(
        [
          { role: 'system', content: PROBE },
          { role: 'user', content: 'Hello' },
        ],
        true,
      );
      return probe.includes(PROBE);
    } catch {
      return false;
    }
  };

  return {
    render(messages, addGenerationPrompt) {
      const mustMerge = messages[0]?.role === 'system' && !(keepsSystem ??= keepsSystemMessage());
      return renderAsIs(mustMerge ? mergeSystemMessage(messages) : messages, addGenerationPrompt);
    },
  };
}

function parseTemplate(source: string): ReturnType<typeof parse> {
  try {
    return parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true })); // as Transformers sets up Jinja
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HearthError('unsupported-model', `The chat template of this model is not readable: ${reason}.`, {
      cause,
    });
  }
}

/** The system text in front of the first user message; a user message of its own when there is none. */
function mergeSystemMessage(messages: readonly ChatMessage[]): ChatMessage[] {
  const [system, ...rest] = messages;
  const text = system?.content ?? '';
  const first = rest.findIndex((message) => message.role === 'user');
  if (first < 0) return [{ role: 'user', content: text }, ...rest];
  return rest.map((message, i) => (i === first ? { ...message, content: `${text}\n${message.content}` } : message));
}

const PROBE = 'hearth-system-probe';

/** As in Jinja's own sandbox. */
const MAX_RANGE = 100_000;

/** What Transformers puts into every template's scope. */
const GLOBALS = {
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  range(startOrStop: number, stop?: number, step = 1): number[] {
    const start = stop === undefined ? 0 : startOrStop;
    const length = Math.max(0, Math.ceil(((stop ?? startOrStop) - start) / step));
    if (!(length <= MAX_RANGE)) {
      throw new HearthError(
        'unsupported-model',
        `The chat template of this model counts to ${length}; expected at most ${MAX_RANGE}.`,
      );
    }
    return Array.from({ length }, (_, i) => start + i * step);
  },
  strftime_now: (format: string) => strftime(new Date(), format),
  raise_exception(reason: string): never {
    throw new HearthError('bad-request', `The chat template of this model refuses the conversation: ${reason}`, {
      hint: 'Let user and assistant messages alternate, beginning with the user.',
    });
  },
};

/** Python's strftime in the C locale, for the fields that templates use; local time. */
export function strftime(date: Date, format: string): string {
  const english = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-US', options).format(date);
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  const fields: Record<string, () => string> = {
    '%Y': () => String(date.getFullYear()),
    '%m': () => twoDigits(date.getMonth() + 1),
    '%d': () => twoDigits(date.getDate()),
    '%H': () => twoDigits(date.getHours()),
    '%M': () => twoDigits(date.getMinutes()),
    '%S': () => twoDigits(date.getSeconds()),
    '%b': () => english({ month: 'short' }),
    '%B': () => english({ month: 'long' }),
    '%a': () => english({ weekday: 'short' }),
    '%A': () => english({ weekday: 'long' }),
    '%%': () => '%',
  };
  return format.replace(/%./g, (field) => fields[field]?.() ?? field);
}

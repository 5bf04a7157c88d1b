/**
 * The text files that come with a checkpoint, read as JSON. Everything here answers one question: does this file say
 * what Hugging Face files of that name say? What the fields mean is left to `tokenizer.ts` and `chat-template.ts`.
 */
import { HearthError } from '../lib/errors';

/** File name to content; `weights/manifest.ts` stores exactly these. */
export interface CheckpointTexts {
  'config.json': string;
  'tokenizer.json': string;
  'tokenizer_config.json'?: string;
  'generation_config.json'?: string;
  'chat_template.jinja'?: string;
}

export type JsonObject = Record<string, unknown>;

/** A JSON file of the checkpoint; an empty object when the checkpoint lacks it. Throws `bad-file` for anything else. */
export function readJsonFile(
  texts: CheckpointTexts,
  name: Exclude<keyof CheckpointTexts, 'chat_template.jinja'>,
): JsonObject {
  const text = texts[name];
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new HearthError('bad-file', `${name} begins with ${excerpt(text)}; expected a JSON object.`, { cause });
  }
  if (!isObject(value)) {
    throw new HearthError('bad-file', `${name} holds ${excerpt(text)}; expected a JSON object.`);
  }
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A special token as tokenizer_config.json spells it: its text, or an object with `content`. */
export function tokenContent(value: unknown): string | null {
  const content = isObject(value) ? value['content'] : value;
  return typeof content === 'string' ? content : null;
}

/** `eos_token_id` and its like: absent, one id, or a list. */
export function idList(value: unknown): number[] {
  return [value].flat().filter((id): id is number => Number.isInteger(id));
}

function excerpt(text: string): string {
  return text.trim() === '' ? 'nothing' : JSON.stringify(text.trim().slice(0, 40));
}

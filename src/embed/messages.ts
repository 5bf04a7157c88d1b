/**
 * What a host may send, by type. A message is what some other site has written: nothing of it is used before its schema has read
 * it, and sizes are looked at before contents.
 */
import * as v from 'valibot';
import { EMBED_THEMES, EMBED_USES, type ConnectMessage, type HostMessage } from '../protocol/embed-api';

/** A prompt of the longest context is far below this. */
export const MAX_BODY_CHARACTERS = 1_000_000;
const MAX_URL_CHARACTERS = 2048;
const MAX_NAME_CHARACTERS = 256;

const id = v.pipe(v.number('a whole number'), v.safeInteger('a whole number'), v.minValue(1, 'a number from 1'));
const name = text(MAX_NAME_CHARACTERS);

/** The schema's messages say what is expected. */
const schemas = {
  fetch: v.object({
    type: v.literal('fetch'),
    id,
    method: v.picklist(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'], 'a method of HTTP'),
    url: text(MAX_URL_CHARACTERS),
    body: v.nullable(text(MAX_BODY_CHARACTERS)),
  }),
  pull: v.object({ type: v.literal('pull'), id }),
  load: v.object({
    type: v.literal('load'),
    id,
    model: name,
    contextLength: v.optional(v.pipe(v.number('a number of tokens'), v.safeInteger(), v.minValue(1, 'at least 1'))),
  }),
  status: v.object({ type: v.literal('status'), id }),
  abort: v.object({ type: v.literal('abort'), id }),
  theme: v.object({ type: v.literal('theme'), theme: v.picklist(EMBED_THEMES, 'system, light or dark') }),
  close: v.object({ type: v.literal('close') }),
} satisfies { [Type in HostMessage['type']]: v.GenericSchema<unknown, Extract<HostMessage, { type: Type }>> };

/** A Map has no names but those put in: neither "constructor" nor "__proto__" leads anywhere. */
const schemaOf: ReadonlyMap<unknown, v.GenericSchema<unknown, HostMessage>> = new Map(Object.entries(schemas));

/** A message as it should be; or which request it was about, if it said so, and what is wrong with it. */
export type ReadMessage = { message: HostMessage } | { id: number | null; wrong: string };

export function readHostMessage(data: unknown): ReadMessage {
  if (typeof data !== 'object' || data === null)
    return { id: null, wrong: `A message is ${typeName(data)}; expected an object.` };
  const type: unknown = Reflect.get(data, 'type');
  const schema = schemaOf.get(type);
  if (!schema) {
    return {
      id: idOf(data),
      wrong: `There are no messages of this type; expected ${[...schemaOf.keys()].join(', ')}.`,
    };
  }
  const result = v.safeParse(schema, data, { abortEarly: true });
  if (result.success) return { message: result.output };
  const [{ path, message }] = result.issues;
  const field = path?.map(({ key }) => String(key)).join('.') ?? 'message';
  return {
    id: idOf(data),
    wrong: `The field "${field}" of a message of type "${String(type)}" is wrong; expected ${message}.`,
  };
}

const connectSchema = v.object({
  hearth: v.literal('connect'),
  version: v.number(),
  use: v.picklist(EMBED_USES),
  model: name,
  theme: v.picklist(EMBED_THEMES),
});

/** Null for what is no greeting of a host. */
export function readConnectMessage(data: unknown): ConnectMessage | null {
  const result = v.safeParse(connectSchema, data);
  return result.success ? result.output : null;
}

function text(maxCharacters: number) {
  const expected = `a text of at most ${maxCharacters} characters`;
  return v.pipe(v.string(expected), v.maxLength(maxCharacters, expected));
}

function idOf(data: object): number | null {
  const result = v.safeParse(id, Reflect.get(data, 'id'));
  return result.success ? result.output : null;
}

function typeName(data: unknown): string {
  return data === null ? 'null' : `a ${typeof data}`;
}

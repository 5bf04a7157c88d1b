/**
 * The catalogue of what the page says, as a room uses it. A room writes its English sentences in `en/<room>.ts` as plain data in
 * ICU MessageFormat and asks for them once:
 *
 *   const strings = wordsOf('chat', english);
 *   strings.newChat                 // "New chat"
 *   strings.found({ chats: 3 })     // "3 chats found"
 *
 * A sentence with placeholders is a function of exactly those; what it wants is read from the English text by the type checker.
 * Sentences are put together when they are asked for, in the language that is active then (`language.ts`), and in English where
 * a translation is missing. How to write them:
 *
 * - `{name}` is put in as it is, `{count, number}` as a figure of the language;
 * - `{chats, plural, one{# chat} other{# chats}}`: no space before a form's brace, and no forms but those of the language;
 * - typographic quotes and apostrophes, because the straight ones quote braces.
 */
import { i18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';

/** Sentences by name; a group of sentences may stand in place of one. */
export interface Catalogue {
  readonly [name: string]: string | Catalogue;
}

/** A catalogue of the same sentences in another language. */
export type Translation<English extends Catalogue> = {
  readonly [Name in keyof English]: English[Name] extends Catalogue ? Translation<English[Name]> : string;
};

export type Words<English extends Catalogue> = {
  readonly [Name in keyof English]: English[Name] extends Catalogue
    ? Words<English[Name]>
    : English[Name] extends string
      ? Word<English[Name]>
      : never;
};

type Word<Text extends string> = [Placeholder<Text>] extends [never]
  ? string
  : (values: {
      readonly [Name in Placeholder<Text>[0]]: ValueOf<Extract<Placeholder<Text>, [Name, unknown]>[1]>;
    }) => string;

type ValueOf<Kind> = Kind extends 'number' ? number : string | number;

/** Every placeholder of a text, as a pair of name and kind. A brace right behind the name of a plural form opens no placeholder. */
type Placeholder<Text extends string> = Text extends `${infer Before}{${infer Rest}`
  ? Placeholder<Rest> | (Before extends `${string}${PluralForm}` ? never : NameAndKind<Rest>)
  : never;

type NameAndKind<Rest extends string> = Rest extends `${infer Inside}}${string}`
  ? Inside extends `${infer Name}, ${'number' | 'plural'}${string}`
    ? [Name, 'number']
    : [Inside, 'text']
  : never;

type PluralForm = 'zero' | 'one' | 'two' | 'few' | 'many' | 'other' | '=0' | '=1';

i18n.setMessagesCompiler(compileOnce());

/** @param room the first part of each sentence's name in the translations. */
export function wordsOf<const English extends Catalogue>(room: string, english: English): Words<English> {
  const words = {};
  for (const [name, text] of Object.entries(english)) {
    const id = `${room}.${name}`;
    if (typeof text !== 'string') Object.assign(words, { [name]: wordsOf(id, text) });
    else if (text.includes('{'))
      Object.assign(words, { [name]: (values: Record<string, unknown>) => i18n._({ id, message: text, values }) });
    else Object.defineProperty(words, name, { get: () => i18n._({ id, message: text }), enumerable: true });
  }
  return words as Words<English>;
}

/** Each text is parsed at its first use only. */
function compileOnce(): typeof compileMessage {
  const compiled = new Map<string, ReturnType<typeof compileMessage>>();
  return (text) => {
    const known = compiled.get(text) ?? compileMessage(text);
    compiled.set(text, known);
    return known;
  };
}

/**
 * Grammars of one model, made ready for its vocabulary by xgrammar (Dong et al. 2024), a library in WebAssembly. A mistake in a
 * grammar ends an instance of it, so each is tried on an instance that nobody needs before the one that answers run on sees
 * it. Fetched at the first use.
 */
import createXgrammar from 'virtual:xgrammar';
import type { CompiledGrammar, GrammarCompiler as LibraryCompiler } from '@mlc-ai/web-xgrammar';
import { HearthError } from '../../lib/errors';
import { byteLevelText } from '../../text/byte-level';
import type { TextModel } from '../../text/text-model';
import type { GrammarWish, JsonSchema } from './grammar-wish';
import { readJsonSchema } from './json-schema';
import { TokenMatcher } from './token-matcher';
import { MOST_UNROLLED, unrolledSize } from './unrolled-size';
import { occursInUtf8, Utf8Guard } from './utf8';

type Library = ReturnType<typeof createXgrammar>;

/** Compiled grammars that are kept: a page asks for the same few again and again. */
const MOST_COMPILED = 16;

/** A larger grammar or schema is no output that a model could write. */
const MAX_CHARACTERS = 200_000;

export class GrammarCompiler {
  readonly #library = createXgrammar(SILENT);
  /** The bytes of each token; none where it is nothing that a text could have. */
  readonly #tokens: readonly Uint8Array[];
  readonly #guard: Utf8Guard;
  readonly #stopIds: number[];
  readonly #compiled = new Map<string, Compiled>(); // the least recently used first
  #compiler: Promise<LibraryCompiler> | null = null;

  /** @param vocabSize rows of the logits. @throws HearthError `unsupported-model` without a token that ends an answer. */
  constructor({ tokenizer, stopTokenIds }: Pick<TextModel, 'tokenizer' | 'stopTokenIds'>, vocabSize: number) {
    if (stopTokenIds.size === 0) {
      throw new HearthError(
        'unsupported-model',
        'This model has no token that ends an answer; a grammar needs one, to end with.',
      );
    }
    this.#stopIds = [...stopTokenIds];
    this.#tokens = Array.from({ length: vocabSize }, (_, id) => {
      const bytes = tokenizer.tokenBytes(id);
      return occursInUtf8(bytes) ? bytes : new Uint8Array(0);
    });
    this.#guard = new Utf8Guard(this.#tokens);
  }

  /** A matcher for one answer, at its beginning. @throws HearthError `bad-grammar` for a grammar with a mistake. */
  async matcher(wish: GrammarWish): Promise<TokenMatcher> {
    const source = sourceOf(wish);
    const key = JSON.stringify(source);
    const compiled = this.#compiled.get(key) ?? { grammar: this.#compile(source), users: 0 };
    this.#compiled.delete(key);
    this.#compiled.set(key, compiled); // to the end, with those used last
    compiled.users++;
    try {
      const grammar = await compiled.grammar;
      return new TokenMatcher(await this.#library.GrammarMatcher.createGrammarMatcher(grammar), this.#guard);
    } catch (error) {
      if (this.#compiled.get(key) === compiled) this.#compiled.delete(key);
      throw error;
    } finally {
      compiled.users--;
      this.#forgetOldest();
    }
  }

  async #compile(source: GrammarSource): Promise<CompiledGrammar> {
    await tryOut(source);
    this.#compiler ??= createCompiler(this.#library, this.#tokens, this.#stopIds);
    return compileWith(this.#library, await this.#compiler, source);
  }

  #forgetOldest(): void {
    for (const [key, { grammar, users }] of this.#compiled) {
      if (this.#compiled.size <= MOST_COMPILED) return;
      if (users > 0) continue;
      this.#compiled.delete(key);
      void grammar.then((compiled) => compiled.dispose()).catch(() => {}); // matchers made of it go on
    }
  }
}

interface Compiled {
  readonly grammar: Promise<CompiledGrammar>;
  /** How many matchers are being made of it. */
  users: number;
}

/** What the library compiles. */
type GrammarSource =
  { kind: 'schema'; text: string } | { kind: 'ebnf'; text: string } | { kind: 'regex'; text: string };

/** @throws HearthError `bad-grammar` for what cannot be kept to. */
function sourceOf(wish: GrammarWish): GrammarSource {
  const source = readSource(wish);
  const { kind, text } = source;
  if (text.length > MAX_CHARACTERS) {
    throw new HearthError(
      'bad-grammar',
      `The grammar has ${text.length} characters; expected at most ${MAX_CHARACTERS}.`,
    );
  }
  const unrolled = kind === 'schema' ? 0 : unrolledSize(text, kind === 'ebnf');
  if (unrolled <= MOST_UNROLLED) return source;
  throw new HearthError(
    'bad-grammar',
    `The grammar has ${unrolled} characters once its repetitions are written out; expected at most ${MOST_UNROLLED}.`,
  );
}

function readSource(wish: GrammarWish): GrammarSource {
  switch (wish.type) {
    case 'json':
      return schemaSource(readJsonSchema({ type: 'object' }, true));
    case 'json_schema':
      return schemaSource(readJsonSchema(wish.schema, wish.strict !== false));
    case 'grammar':
      return { kind: 'ebnf', text: wish.ebnf };
    case 'regex':
      return { kind: 'regex', text: wish.pattern };
  }
}

function schemaSource(schema: JsonSchema): GrammarSource {
  return { kind: 'schema', text: JSON.stringify(schema) };
}

/** All vocabularies in one spelling, whatever their own is: control tokens and ids without a token are empty. */
async function createCompiler(
  library: Library,
  tokens: readonly Uint8Array[],
  stopIds: number[],
): Promise<LibraryCompiler> {
  const spelled = tokens.map(byteLevelText);
  const info = await library.TokenizerInfo.createTokenizerInfo(spelled, 'byte_level', false, spelled.length, stopIds);
  return library.GrammarCompiler.createGrammarCompiler(info, false); // what is compiled is kept here
}

/** JSON comes on one line, as json.dumps writes it: white space that a model may repeat would have no end. */
async function compileWith(
  library: Library,
  compiler: LibraryCompiler,
  source: GrammarSource,
): Promise<CompiledGrammar> {
  switch (source.kind) {
    case 'schema':
      return compiler.compileJSONSchema(source.text, false, -1, [', ', ': '], true);
    case 'ebnf':
      return compiler.compileGrammar(source.text);
    case 'regex': {
      const format = { type: 'regex', pattern: source.text } as const;
      return compiler.compileGrammar(await library.Grammar.fromStructuralTag({ type: 'structural_tag', format }));
    }
  }
}

/** Compiles for a vocabulary of two tokens, on an instance of its own. @throws HearthError `bad-grammar`. */
async function tryOut(source: GrammarSource): Promise<void> {
  const told: string[] = [];
  const listen = (...words: unknown[]) => void told.push(words.join(' '));
  const library = createXgrammar({ log: listen, warn: listen, error: listen });
  try {
    await compileWith(library, await createCompiler(library, [Uint8Array.of(97), new Uint8Array(0)], [1]), source);
  } catch (cause) {
    const name = { schema: 'JSON schema', ebnf: 'grammar', regex: 'regular expression' }[source.kind];
    const reason = told.map(reasonIn).find((reason) => reason !== null) ?? 'it is nested too deeply, or too large';
    throw new HearthError('bad-grammar', `The ${name} cannot be kept to: ${reason}`, { cause });
  }
}

/** What a line of the library tells to people: "[FATAL] …/regex_converter.cc:75: Check failed: (…) is false: reason". */
function reasonIn(line: string): string | null {
  const [, reason] = /^\[FATAL\] .*?\.(?:cc|h):\d+: (?:Check failed: \(.*?\) is false: )?([^]*)$/.exec(line) ?? [];
  if (reason === undefined) return null;
  return /[.!?]\s*$/.test(reason) ? reason.trim() : `${reason.trim()}.`;
}

const ignore = () => {};
const SILENT = { log: ignore, warn: ignore, error: ignore };

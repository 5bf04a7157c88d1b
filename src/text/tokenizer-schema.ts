/**
 * What the steps of a tokenizer.json must look like before @huggingface/tokenizers sees them: it believes every field, so a
 * file that lies would fail in the middle of an answer, split quietly at the wrong places, or never end.
 */
import * as v from 'valibot';
import { HearthError } from '../lib/errors';
import { isObject, type JsonObject } from './checkpoint-texts';

type Fields = v.ObjectEntries;

const flag = v.nullish(v.boolean());
const text = v.nullish(v.string());
const pattern = v.union([v.object({ String: v.string() }), v.object({ Regex: v.string() })]);
const tokenWithId = v.tuple([v.string(), v.number()]);
const templatePiece = v.union([
  v.object({ SpecialToken: v.object({ id: v.string() }) }),
  v.object({ Sequence: v.object({ id: v.picklist(['A', 'B']) }) }),
]);

/** By component: the key under which a "Sequence" has its parts, and the other types with the fields that are read. */
const COMPONENTS: Readonly<Record<string, { parts: string; types: Readonly<Record<string, Fields>> }>> = {
  normalizer: {
    parts: 'normalizers',
    types: {
      NFC: {},
      NFD: {},
      NFKC: {},
      NFKD: {},
      Lowercase: {},
      StripAccents: {},
      Precompiled: {},
      BertNormalizer: { clean_text: flag, handle_chinese_chars: flag, lowercase: flag, strip_accents: flag },
      Strip: { strip_left: flag, strip_right: flag },
      Prepend: { prepend: v.string() },
      Replace: { pattern, content: text },
    },
  },
  pre_tokenizer: {
    parts: 'pretokenizers',
    types: {
      Whitespace: {},
      WhitespaceSplit: {},
      BertPreTokenizer: {},
      ByteLevel: { add_prefix_space: flag, use_regex: flag },
      Digits: { individual_digits: flag },
      FixedLength: { length: v.pipe(v.number(), v.integer(), v.minValue(1)) },
      Metaspace: {
        replacement: text,
        str_rep: text,
        prepend_scheme: v.nullish(v.picklist(['always', 'first', 'never'])),
      },
      Punctuation: { behavior: text },
      Replace: { pattern, content: text },
      Split: { pattern, behavior: text, invert: flag },
    },
  },
  post_processor: {
    parts: 'processors',
    types: {
      ByteLevel: {},
      BertProcessing: { cls: tokenWithId, sep: tokenWithId },
      RobertaProcessing: { cls: tokenWithId, sep: tokenWithId },
      TemplateProcessing: { single: v.array(templatePiece) },
    },
  },
};

/** Published files nest two deep at most. */
const MAX_DEPTH = 8;

/** @throws HearthError `bad-file` for steps that are malformed, `unsupported-model` for steps that are not known. */
export function checkSteps(tokenizerJson: JsonObject): void {
  for (const [name, { parts, types }] of Object.entries(COMPONENTS)) {
    const component = tokenizerJson[name];
    if (component != null) checkStep(component, name, parts, types, MAX_DEPTH);
  }
}

function checkStep(step: unknown, path: string, parts: string, types: Record<string, Fields>, depth: number): void {
  if (!isObject(step)) throw malformed(path, step, 'an object');
  const type = step['type'];
  if (type === 'Sequence') {
    const inner = step[parts];
    if (!Array.isArray(inner)) throw malformed(`${path}.${parts}`, inner, 'a list');
    if (depth === 0) throw malformed(path, step, `steps nested at most ${MAX_DEPTH} deep`);
    inner.forEach((part, i) => checkStep(part, `${path}.${parts}.${i}`, parts, types, depth - 1));
    return;
  }
  if (typeof type !== 'string' || !Object.hasOwn(types, type)) {
    throw new HearthError(
      'unsupported-model',
      `tokenizer.json has ${path}.type = ${show(type)}; known are Sequence, ${Object.keys(types).join(', ')}.`,
    );
  }
  const issue = v.safeParse(v.object(types[type]!), step).issues?.[0];
  if (issue) throw malformed([path, v.getDotPath(issue)].join('.'), issue.input, issue.expected ?? 'another value');
}

function malformed(path: string, found: unknown, expected: string): HearthError {
  return new HearthError('bad-file', `tokenizer.json has ${path} = ${show(found)}; expected ${expected}.`);
}

function show(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
}

/**
 * How a text is cut into words before byte-pair encoding, by the names that GGUF files have for it (`tokenizer.ggml.pre`).
 * The expressions are those of the published tokenizers in the form in which llama.cpp applies them (llama-vocab.cpp,
 * `llm_tokenizer_bpe`): each cuts the pieces that the one before has left, into its matches and what lies between.
 */

export interface PreTokenizer {
  expressions: readonly string[];
  /** A word that is a token is taken as it is, even where no merges lead to it. */
  ignoresMerges?: boolean;
  /** BOS stands before a text where the file does not say. */
  addsBos?: boolean;
}

const CONTRACTION = `'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]`;

/** GPT-2: words with the space before them. */
const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)`;

/** Llama 3 and its like: words with one character before them, digits in groups, line ends with what is before them. */
const withDigits = (digits: string, letters = String.raw`\p{L}`, others = String.raw`\s\p{L}\p{N}`) =>
  String.raw`(?:${CONTRACTION})|[^\r\n\p{L}\p{N}]?${letters}+|${digits}| ?[^${others}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const LLAMA3 = withDigits(String.raw`\p{N}{1,3}`);
const QWEN2 = withDigits(String.raw`\p{N}`);
const QWEN35 = withDigits(String.raw`\p{N}`, String.raw`[\p{L}\p{M}]`, String.raw`\s\p{L}\p{M}\p{N}`);

/**
 * GPT-4o and its like: a word ends before a capital. llama.cpp tells capitals in ASCII only; another letter is either.
 * `[^\P{L}a-z]` is any letter but a to z.
 */
const withCapitals = (digits: string, contraction: string) => {
  const before = String.raw`[^\r\n\p{L}\p{N}]?`;
  const upper = String.raw`[^\P{L}a-z]`;
  const lower = String.raw`[^\P{L}A-Z]`;
  return (
    `${before}${upper}*${lower}+${contraction}|${before}${upper}+${lower}*${contraction}|${digits}` +
    String.raw`| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
  );
};

/** A class of characters, from ranges of code points as hexadecimal numbers. */
const characters = (ranges: string) =>
  `[${ranges.replace(/[0-9A-F]+/g, (codePoint) => `\\u{${codePoint}}`).replaceAll(' ', '')}]`;

/** Letters that have case, as DeepSeek lists them. */
const DEEPSEEK_LETTERS = characters(
  '41-5A 61-7A B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376 377 37B-37D 37F 386 388-38A 38C 38E-3A1 3A3-3F5 ' +
    '3F7-481 48A-52F 531-556 10A0-10C5 13A0-13F5 13F8-13FD 1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 1D79-1D9A 1E00-1F15 ' +
    '1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FBC 1FBE 1FC2-1FC4 1FC6-1FCC ' +
    '1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC 2102 2107 210A-2113 2115 2119-211D 2124 2126 2128 212A-212D ' +
    '212F-2134 2139 213C-213F 2145-2149 214E 2183 2184 2C00-2C7B 2C7E-2CE4 2CEB-2CEE 2CF2 2CF3 A640-A66D A680-A69B ' +
    'A722-A76F A771-A787 A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A FF41-FF5A 10400-1044F 104B0-104D3 104D8-104FB ' +
    '10C80-10CB2 10CC0-10CF2 118A0-118DF 1E900-1E943',
);
const DEEPSEEK_PUNCTUATION = characters('21-2F 3A-7E FF01-FF0F FF1A-FF5E 2018-201F 3000-3002');
const DEEPSEEK_IDEOGRAPHS = characters('4E00-9FA5 800-4E00 AC00-D7FF');
const DEEPSEEK_V3 = [
  String.raw`\p{N}{1,3}`,
  `${characters('4E00-9FA5 3040-309F 30A0-30FF')}+`,
  `${characters('21-2F 3A-40 5B-60 7B-7E')}[A-Za-z]+|` +
    String.raw`[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
];
const BLOOM = String.raw` ?[^(\s|.,!?…。，、।۔،)]+`;

/** Pre-tokenizers that share their expressions, with the names of all of them. */
const FAMILIES: readonly (readonly [names: string, preTokenizer: PreTokenizer])[] = [
  ['default', { expressions: [String.raw`[\p{P}\$\+<=>\^~\|]+`, GPT2, String.raw`\p{N}+`, '[0-9][0-9][0-9]'] }],
  [
    'llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2',
    { expressions: [LLAMA3], ignoresMerges: true, addsBos: true },
  ],
  ['dbrx smaug-bpe glm4 chatglm-bpe', { expressions: [LLAMA3] }],
  ['qwen2 deepseek-r1-qwen kormo megrez stablelm2 hunyuan solar-open grok-2', { expressions: [QWEN2] }],
  ['qwen35', { expressions: [QWEN35] }],
  ['gpt-2 phi-2 mpt olmo jais trillion granite-docling gigachat a.x-4.0 mellum exaone4', { expressions: [GPT2] }],
  ['starcoder refact command-r smollm codeshell exaone minerva-7b', { expressions: [String.raw`\p{N}`, GPT2] }],
  ['falcon', { expressions: ['[\\p{P}\\$\\+<=>\\^~\\|`]+', GPT2, '[0-9][0-9][0-9]'] }],
  [
    'deepseek-llm',
    {
      expressions: [
        String.raw`[\r\n]`,
        String.raw`\s?${DEEPSEEK_LETTERS}+`,
        String.raw`\s?${DEEPSEEK_PUNCTUATION}+`,
        String.raw`\s+$`,
        `${DEEPSEEK_IDEOGRAPHS}+`,
        String.raw`\p{N}+`,
      ],
    },
  ],
  [
    'deepseek-coder',
    {
      expressions: [
        String.raw`[\r\n]`,
        String.raw`\s?\p{L}+`,
        String.raw`\s?\p{P}+`,
        `${DEEPSEEK_IDEOGRAPHS}+`,
        String.raw`\p{N}`,
      ],
    },
  ],
  ['deepseek-v3 hunyuan-dense', { expressions: DEEPSEEK_V3 }],
  ['tekken', { expressions: [withCapitals(String.raw`\p{N}`, '')], ignoresMerges: true, addsBos: true }],
  ['gpt-4o llama4 kanana2 minimax-m2', { expressions: [withCapitals(String.raw`\p{N}{1,3}`, `(?:${CONTRACTION})?`)] }],
  ['poro-chat bloom gpt3-finnish', { expressions: [BLOOM] }],
  ['viking', { expressions: [BLOOM, String.raw`\p{N}`] }],
];

export const PRE_TOKENIZERS: ReadonlyMap<string, PreTokenizer> = new Map(
  FAMILIES.flatMap(([names, preTokenizer]) => names.split(' ').map((name) => [name, preTokenizer] as const)),
);

/**
 * Which vocabulary a tokenizer.json has, as one word: two models with the same word have the same tokens under the same ids, so
 * that one may guess ahead for the other. The engine compares token by token before it lets one do so (text/shared-vocabulary.ts).
 */
import { checksum } from '../hash';

/** @returns null for a file in which no vocabulary is found; what is wrong with it is told by who reads it to use it. */
export async function vocabularyOf(tokenizerJson: string): Promise<string | null> {
  const tokens = new Map<number, string>();
  try {
    const { model, added_tokens: added = [] } = JSON.parse(tokenizerJson) as TokenizerJson;
    const listed = Array.isArray(model.vocab)
      ? model.vocab.map(([token], id) => [token, id] as const)
      : Object.entries(model.vocab);
    for (const [token, id] of listed) tokens.set(id, JSON.stringify(token));
    for (const { id, content, special } of added)
      tokens.set(id, `${JSON.stringify(content)}${special ? ' special' : ''}`);
  } catch {
    return null;
  }
  if (tokens.size === 0) return null;
  const lines = [...tokens].sort(([a], [b]) => a - b).map(([id, token]) => `${id} ${token}`);
  return checksum(new TextEncoder().encode(lines.join('\n')));
}

interface TokenizerJson {
  /** Ids by token (BPE), or tokens with their scores in the order of their ids (Unigram). */
  model: { vocab: Record<string, number> | [token: string, score: number][] };
  added_tokens?: { id: number; content: string; special?: boolean }[];
}

/**
 * Perplexity on the held-out conversations (src/engine/golden/README.md): exp of the mean negative log-likelihood of every
 * token but the first, each conversation on its own; and of the tokens of replies alone, their end included.
 */
import { invariant, present } from '../../lib/invariant';
import type { Runner } from '../runner';
import { logProbability } from './sampler';
import { readFileBytes, readFileJson } from './files';
import { Probe } from './forward';

export interface Perplexity {
  allTokens: number;
  replyTokens: number;
}

/** Ids between which the assistant speaks. */
export interface ReplyMarks {
  begin: number;
  end: number;
}

/** Again and again a 16-bit length and that many 16-bit ids, little-endian. */
export async function readHeldout(): Promise<number[][]> {
  const bytes = await readFileBytes('src/engine/golden/heldout.bin');
  const words = new Uint16Array(bytes.buffer);
  const conversations: number[][] = [];
  for (let at = 0; at < words.length; at += 1 + words[at]!) {
    conversations.push(Array.from(words.subarray(at + 1, at + 1 + words[at]!)));
  }
  return conversations;
}

export async function readReplyMarks(model: string): Promise<ReplyMarks> {
  const path = `public/models/${model}/tokenizer.json`;
  const { added_tokens: tokens } = await readFileJson<{ added_tokens: { id: number; content: string }[] }>(path);
  const idOf = (name: string) => present(tokens.find(({ content }) => content === name)?.id, name);
  return { begin: idOf('<|assistant|>'), end: idOf('<|end|>') };
}

/** @param runner one that gives the logits of every row of a chunk. */
export async function perplexity(
  runner: Runner,
  conversations: readonly (readonly number[])[],
  { begin, end }: ReplyMarks,
): Promise<Perplexity> {
  const { maxRows, maxOutputs } = runner.options;
  invariant(maxOutputs >= maxRows, 'every row of a chunk has room for its logits');
  const all = { loss: 0, tokens: 0 };
  const reply = { loss: 0, tokens: 0 };
  for (const ids of conversations) {
    const probe = new Probe(runner, ids.length);
    let replying = false;
    for (let at = 0; at + 1 < ids.length; at += maxRows) {
      const chunk = ids.slice(at, Math.min(at + maxRows, ids.length - 1));
      const rows = await probe.feed(
        chunk,
        chunk.map((_, row) => row),
      );
      rows.forEach((logits, row) => {
        if (ids[at + row] === begin) replying = true;
        const next = ids[at + row + 1]!;
        const loss = -logProbability(logits, next);
        for (const sum of replying ? [all, reply] : [all]) {
          sum.loss += loss;
          sum.tokens++;
        }
        if (next === end) replying = false;
      });
    }
    probe.release();
  }
  return { allTokens: Math.exp(all.loss / all.tokens), replyTokens: Math.exp(reply.loss / reply.tokens) };
}

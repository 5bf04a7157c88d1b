/** Chats as a person has them after years: one long conversation, and a list of a thousand. In the format of an export. */
import {
  FORMAT_NAME,
  FORMAT_VERSION,
  type ExportedChat,
  type ExportedMessage,
} from '../../src/app/chats/export-format';

/** What answers are made of: every form that Markdown gives them, in about 2,000 characters. */
export const richAnswer = `## Sorting a list

There are **many ways** to sort, and *each* has its price; \`quicksort\` is the one people meet first. It takes a pivot, puts
what is smaller before it and what is larger behind it, and does the same with both parts until there is nothing left to do.

1. Choose a pivot, for example the middle element.
2. Walk from both ends towards each other:
   - skip what is on its right side already,
   - exchange the two that are not.
3. Sort both parts in the same way.

\`\`\`typescript
/** Sorts in place, between two places of the list, both inclusive. */
export function quicksort<T>(list: T[], compare: (a: T, b: T) => number, from = 0, to = list.length - 1): void {
  if (from >= to) return;
  const pivot = list[(from + to) >> 1]!;
  let [left, right] = [from, to];
  while (left <= right) {
    while (compare(list[left]!, pivot) < 0) left++;
    while (compare(list[right]!, pivot) > 0) right--;
    if (left <= right) [list[left++], list[right--]] = [list[right]!, list[left]!];
  }
  quicksort(list, compare, from, right);
  quicksort(list, compare, left, to);
}
\`\`\`

| algorithm | on average      | at worst        | memory        | stable |
| :-------- | :-------------: | :-------------: | ------------: | :----: |
| quicksort | $O(n \\log n)$  | $O(n^2)$        | $O(\\log n)$  | no     |
| mergesort | $O(n \\log n)$  | $O(n \\log n)$  | $O(n)$        | yes    |
| heapsort  | $O(n \\log n)$  | $O(n \\log n)$  | $O(1)$        | no     |

The average follows from $T(n) = 2\\,T(n/2) + n$, that is

$$
\\sum_{k=0}^{\\log_2 n} 2^k \\cdot \\frac{n}{2^k} = n \\left( 1 + \\log_2 n \\right) \\in \\Theta(n \\log n).
$$

> A list that is sorted already is the worst case of a pivot taken from its end, which is why one takes the middle.

See [the page about sorting](https://example.org/sorting) for the rest.
`;

const startMs = Date.UTC(2026, 0, 1);
const MESSAGE_GAP_MS = 60_000;

/** A conversation of so many exchanges, each about 550 tokens. */
export function longChat(exchanges: number, { id = 'long', title = 'A long conversation' } = {}): ExportedChat {
  const messages: ExportedMessage[] = [];
  for (let place = 0; place < exchanges * 2; place++) {
    const role = place % 2 === 0 ? 'user' : 'assistant';
    messages.push({
      id: `${id}-${String(place).padStart(4, '0')}`,
      parentId: messages.at(-1)?.id ?? null,
      role,
      content: role === 'user' ? `Question ${place / 2 + 1}: how does one sort a list?` : richAnswer,
      createdAt: startMs + place * MESSAGE_GAP_MS,
      state: 'done',
    });
  }
  return {
    id,
    title,
    titleSource: 'person',
    createdAt: startMs,
    updatedAt: startMs + exchanges * 2 * MESSAGE_GAP_MS,
    pinned: false,
    leafId: messages.at(-1)?.id ?? null,
    systemPrompt: '',
    sampling: {},
    presetId: null,
    modelId: null,
    messages,
  };
}

/** So many chats of four exchanges each: about nine kilobytes. */
export function manyChats(chats: number): ExportedChat[] {
  return Array.from({ length: chats }, (_, place) => ({
    ...longChat(4, { id: `chat-${place}`, title: `Chat number ${place + 1}` }),
    updatedAt: startMs - place * 3_600_000,
  }));
}

/** An export file with these chats. */
export function exportOf(chats: readonly ExportedChat[]): { name: string; mimeType: string; buffer: Buffer } {
  const text = JSON.stringify({ format: FORMAT_NAME, version: FORMAT_VERSION, chats });
  return { name: 'chats.json', mimeType: 'application/json', buffer: Buffer.from(text) };
}

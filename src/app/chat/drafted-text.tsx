/** An answer as it was written, with what was guessed ahead set apart. */
import type { TextRange } from '../../client';
import { strings } from './strings';

interface DraftedTextProps {
  readonly text: string;
  /** In order, and none overlaps another. */
  readonly ranges: readonly TextRange[];
}

export function DraftedText({ text, ranges }: DraftedTextProps) {
  return (
    <p className="said" dir="auto">
      {ranges.map(([start, end], index) => (
        <span key={start}>
          {text.slice(ranges[index - 1]?.[1] ?? 0, start)}
          <mark className="drafted" title={strings.draftedText}>
            {text.slice(start, end)}
          </mark>
        </span>
      ))}
      {text.slice(ranges.at(-1)?.[1] ?? 0)}
    </p>
  );
}

/**
 * A text of the model as a person reads it, while it grows and after: what it thought, folded, and what it says, in blocks.
 * Blocks that are settled are never parsed again; only the last one is, once for each time the text grows.
 */
import { memo, useState } from 'react';
import { BlockView } from './block';
import { splitThinking } from '../../lib/split-thinking';
import { BlockSplitter } from './splitter';
import { Thinking } from './thinking';

interface MarkdownProps {
  /** The whole text so far. */
  readonly text: string;
  /** The text is still growing. */
  readonly streaming?: boolean;
  /** The prompt ended with `<think>`, so the text begins amid thoughts. */
  readonly beginsInThought?: boolean;
  /** How long the model thought, if that was stored with the text. */
  readonly thoughtMs?: number | undefined;
  /** Called once when a thought has ended before the eyes of the person, with its duration to be stored. */
  readonly onThought?: ((elapsedMs: number) => void) | undefined;
}

export const Markdown = memo(function Markdown(props: MarkdownProps) {
  const { text, streaming = false, beginsInThought = false, thoughtMs, onThought } = props;
  const { thought, thoughtClosed, answer } = splitThinking(text, streaming, beginsInThought);
  const thinking = streaming && !thoughtClosed;
  return (
    <div className="md" data-streaming={streaming}>
      {thought !== null && thought !== '' && (
        <Thinking live={thinking} elapsedMs={thoughtMs} onThought={onThought}>
          <Blocks text={thought} growing={thinking} />
        </Thinking>
      )}
      <Blocks text={answer} growing={streaming} />
    </div>
  );
});

function Blocks({ text, growing }: { readonly text: string; readonly growing: boolean }) {
  const [splitter] = useState(() => new BlockSplitter());
  // Line ends of other systems: a "\r" whose "\n" has not come yet is a line end too.
  const { blocks, definitions } = splitter.update(text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text, !growing);
  return blocks.map(({ kind, source }, index) => (
    <BlockView
      // Blocks only ever come after the others, so their place names them.
      // oxlint-disable-next-line react/no-array-index-key
      key={index}
      kind={kind}
      source={source}
      growing={growing && index === blocks.length - 1}
      definitions={definitions}
    />
  ));
}

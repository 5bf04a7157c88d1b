/**
 * The text of an answer. What turns Markdown into a page is the largest part of the app after React, and nothing needs it
 * before the first answer: it is fetched once the page stands, and until then the text is shown as it was written.
 */
import { lazy, Suspense, useDeferredValue, type ComponentType } from 'react';

const load = () => import('../markdown');
const Markdown = lazy(async (): Promise<{ default: ComponentType<TextProps> }> => {
  try {
    return { default: (await load()).Markdown };
  } catch {
    return { default: AsWritten }; // it could not be fetched: the words are there all the same
  }
});

interface TextProps {
  readonly text: string;
  readonly streaming?: boolean;
}

function AsWritten({ text }: TextProps) {
  return (
    <p className="said" dir="auto">
      {text}
    </p>
  );
}

/** Fetches it when the page has nothing more urgent to do. */
export function prepareAnswerText(): void {
  const whenIdle = globalThis.requestIdleCallback ?? ((callback: () => void) => setTimeout(callback, 1000));
  whenIdle(() => void load().catch(() => {})); // offline before the first visit has ended: asked for again when needed
}

interface AnswerTextProps {
  readonly text: string;
  readonly growing: boolean;
  /** It is in sight at once; others are shown as they were written until there is time. */
  readonly urgent: boolean;
}

export function AnswerText({ text, growing, urgent }: AnswerTextProps) {
  const ready = useDeferredValue(true, urgent);
  if (!ready) return <AsWritten text={text} />;
  return (
    <Suspense fallback={<AsWritten text={text} />}>
      <Markdown text={text} streaming={growing} />
    </Suspense>
  );
}

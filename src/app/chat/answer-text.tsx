/**
 * The text of an answer. What turns Markdown into a page is the largest part of the app after React, and nothing needs it
 * before the first answer: it is fetched once the page stands, and until then the text is shown as it was written.
 */
import { lazy, startTransition, Suspense, useEffect, useState, type ComponentType } from 'react';

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
  const [ready, setReady] = useState(urgent);
  if (growing && !ready) setReady(true);
  const { length: characters } = text;
  useEffect(() => {
    if (!ready) return waitForTurn({ characters, show: () => setReady(true) });
  }, [ready, characters]);
  if (!ready) return <AsWritten text={text} />;
  return (
    <Suspense fallback={<AsWritten text={text} />}>
      <Markdown text={text} streaming={growing} />
    </Suspense>
  );
}

interface Waiting {
  characters: number;
  show: () => void;
}

/** In the order of the page. */
const waiting = new Set<Waiting>();
let frame: number | null = null;

/** So much is turned into a page between two frames: a few milliseconds of work, and as much again to lay it out. */
const CHARACTERS_PER_FRAME = 2000;

/** Shows long conversations a piece at a time, from their end, where one looks first. @returns takes it out again */
function waitForTurn(one: Waiting): () => void {
  waiting.add(one);
  frame ??= requestAnimationFrame(showSome);
  return () => void waiting.delete(one);
}

function showSome(): void {
  let characters = 0;
  for (const one of [...waiting].toReversed()) {
    if (characters > 0 && characters + one.characters > CHARACTERS_PER_FRAME) break;
    characters += one.characters;
    waiting.delete(one);
    startTransition(one.show);
  }
  frame = waiting.size > 0 ? requestAnimationFrame(showSome) : null;
}

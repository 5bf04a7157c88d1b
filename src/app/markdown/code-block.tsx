/** A block of code: its language, a switch for long lines, a button that copies. Colours come once it is finished. */
import { memo, startTransition, useEffect, useState, type ReactNode } from 'react';
import { visibleControls } from './direction';
import type { Run } from './highlight';
import { strings } from './strings';

/** Longer code stays without colours: finding them would hold up the page. */
const MAX_COLOURED_CHARACTERS = 20_000;
const COPIED_MS = 2000;

interface CodeBlockProps {
  readonly language: string;
  readonly value: string;
  /** No more of it will come. */
  readonly finished: boolean;
}

export const CodeBlock = memo(function CodeBlock({ language, value, finished }: CodeBlockProps) {
  const [wrapped, setWrapped] = useState(false);
  const runs = useColours(language, value, finished);
  return (
    <div
      className="md-code"
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a fieldset is for forms
      role="group"
      aria-label={language === '' ? strings.code : strings.codeIn({ language })}
      dir="ltr"
    >
      <div className="md-code-head">
        <span className="md-code-language">{language === '' ? strings.plainCode : language}</span>
        <button
          type="button"
          className="md-button"
          aria-pressed={wrapped}
          title={strings.wrapLines}
          onClick={() => setWrapped(!wrapped)}
        >
          {strings.wrap}
        </button>
        <CopyButton text={value} />
      </div>
      {/* Long lines scroll, so the keyboard must reach it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} data-wrapped={wrapped}>
        <code>{runs ? runs.map(toSpan) : visibleControls(value)}</code>
      </pre>
    </div>
  );
});

function CopyButton({ text }: { readonly text: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (state !== 'copied') return;
    const timer = setTimeout(() => setState('idle'), COPIED_MS);
    return () => clearTimeout(timer);
  }, [state]);

  function copy(): void {
    // Outside of secure contexts there is no clipboard at all.
    Promise.resolve()
      .then(() => navigator.clipboard.writeText(text))
      .then(
        () => setState('copied'),
        () => setState('failed'),
      );
  }

  return (
    <>
      <button type="button" className="md-button" aria-label={strings.copyCode} onClick={copy}>
        {state === 'copied' ? strings.copied : strings.copy}
      </button>
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
      <span className={state === 'failed' ? 'md-copy-failed' : 'visually-hidden'} role="status">
        {state === 'copied' ? strings.copied : state === 'failed' ? strings.copyFailed : ''}
      </span>
    </>
  );
}

/** The colours of `value`, or null while or when there are none. */
function useColours(language: string, value: string, finished: boolean): readonly Run[] | null {
  const [coloured, setColoured] = useState<{ key: string; runs: readonly Run[] | null }>();
  const key = `${language} ${value}`;
  const wanted = finished && language !== '' && value.length <= MAX_COLOURED_CHARACTERS;
  useEffect(() => {
    if (!wanted) return;
    let current = true;
    import('./highlight').then(
      ({ highlight }) => {
        if (current) startTransition(() => setColoured({ key, runs: highlight(value, language) }));
      },
      () => {}, // offline before the first use: the code is readable without colours
    );
    return () => {
      current = false;
    };
  }, [wanted, key, value, language]);
  return wanted && coloured?.key === key ? coloured.runs : null;
}

function toSpan({ text, colour }: Run, index: number): ReactNode {
  return (
    // oxlint-disable-next-line react/no-array-index-key -- runs of finished code never move
    <span key={index} className={colour === null ? undefined : `md-token-${colour}`}>
      {visibleControls(text)}
    </span>
  );
}

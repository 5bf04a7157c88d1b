/** Copies a text, and says whether that went well. */
import { useEffect, useState } from 'react';
import { CheckIcon, CopyIcon } from './icons';
import { strings } from './strings';

const COPIED_MS = 2000;

export function CopyButton({ text, name = strings.copy }: { readonly text: () => string; readonly name?: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), COPIED_MS);
    return () => clearTimeout(timer);
  }, [state]);

  function copy(): void {
    // On plain http there is no clipboard at all.
    Promise.resolve()
      .then(() => navigator.clipboard.writeText(text()))
      .then(
        () => setState('copied'),
        () => setState('failed'),
      );
  }

  return (
    <>
      <button type="button" className="icon-button" aria-label={name} title={name} onClick={copy}>
        {state === 'copied' ? <CheckIcon /> : <CopyIcon />}
      </button>
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
      <span className={state === 'failed' ? 'phase' : 'visually-hidden'} role="status">
        {state === 'copied' ? strings.copied : state === 'failed' ? strings.copyFailed : ''}
      </span>
    </>
  );
}

/** A formula: its TeX until the typesetter is there (it is loaded for the first formula) and while it is being written. */
import { startTransition, useEffect, useState, type ReactNode } from 'react';
import { strings } from './strings';

interface FormulaProps {
  readonly tex: string;
  /** On a line of its own. */
  readonly display: boolean;
  /** Its end has not come yet. */
  readonly pending: boolean;
}

type Typeset = (tex: string, display: boolean) => ReactNode | null;

/** Loaded once for the whole page. */
let loaded: Typeset | null = null;

export function Formula({ tex, display, pending }: FormulaProps) {
  const [typeset, setTypeset] = useState<Typeset | null>(() => loaded);
  useEffect(() => {
    if (typeset || pending) return;
    let current = true;
    import('./typeset').then(
      (module) => {
        loaded = module.typeset;
        // All that wait for it are told at once, and together they are long work.
        if (current) startTransition(() => setTypeset(() => module.typeset));
      },
      () => {}, // offline before the first use: the TeX stays
    );
    return () => {
      current = false;
    };
  }, [typeset, pending]);

  const math = pending ? null : (typeset?.(tex, display) ?? null);
  const unreadable = !pending && typeset !== null && math === null;
  return (
    <span
      className={display ? 'md-formula md-formula-display' : 'md-formula'}
      dir="ltr"
      // A wide formula scrolls, so the keyboard must reach it.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={display ? 0 : undefined}
    >
      {math ?? <code title={unreadable ? strings.formulaNotRead : undefined}>{tex}</code>}
    </span>
  );
}

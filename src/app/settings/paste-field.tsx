/** From which length on a paste becomes an attachment. What is typed is taken over as soon as it makes sense. */
import { useId, useState } from 'react';
import { useApp } from '../state/use-app';
import { wordsOf } from '../strings';
import { settings as english } from '../strings/en/settings';
import { pasteBounds } from './settings';

const strings = wordsOf('settings', english);

export function PasteField() {
  const value = useApp(({ settings }) => settings.maxPasteCharacters);
  const changeSettings = useApp((state) => state.changeSettings);
  /** What was typed that is no such number; null when the setting itself stands there. */
  const [wrong, setWrong] = useState<string | null>(null);
  const id = useId();

  function read(typed: string): void {
    const maxPasteCharacters = Number(typed);
    const { min, max } = pasteBounds;
    const fits = Number.isInteger(maxPasteCharacters) && maxPasteCharacters >= min && maxPasteCharacters <= max;
    setWrong(fits ? null : typed);
    if (fits) changeSettings({ maxPasteCharacters });
  }

  return (
    <div className="field">
      <label htmlFor={id}>{strings.maxPaste}</label>
      <input
        id={id}
        type="text"
        inputMode="numeric"
        className="short"
        value={wrong ?? value}
        aria-invalid={wrong !== null}
        aria-describedby={wrong === null ? undefined : `${id}-help`}
        onChange={(event) => read(event.target.value)}
        onBlur={() => setWrong(null)}
      />
      {wrong !== null && (
        <p className="help" id={`${id}-help`}>
          {strings.maxPasteWrong(pasteBounds)}
        </p>
      )}
    </div>
  );
}

/** Where a model is named that the catalogue does not know: a name of the hub or an address. What is found stands below it. */
import { useId, useRef, useState, type FormEvent } from 'react';
import { useApp } from '../state/use-app';
import { Section } from '../ui/page';
import { OfferPanel } from './offer-panel';
import { strings } from './offer-strings';

export function AddModel() {
  const lookAt = useApp((state) => state.lookAt);
  const offered = useApp(({ offer }) => offer?.modelId ?? null);
  const onShelf = useApp(({ modelReports }) => modelReports?.some(({ modelId }) => modelId === offered) ?? false);
  const [address, setAddress] = useState('');
  const [isWrong, setWrong] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();

  function look(event: FormEvent): void {
    event.preventDefault();
    const read = readAddress(address);
    setWrong(read === null);
    if (read === null) field.current?.focus();
    else void lookAt(read);
  }

  return (
    <Section title={strings.add}>
      <form className="add-model" onSubmit={look}>
        <label htmlFor={id}>{strings.address}</label>
        <div className="add-line">
          <input
            ref={field}
            id={id}
            type="text"
            inputMode="url"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            value={address}
            aria-invalid={isWrong}
            aria-describedby={`${id}-help`}
            onChange={(event) => {
              setAddress(event.target.value);
              setWrong(false);
            }}
          />
          <button type="submit" className="edged-button">
            {strings.look}
          </button>
        </div>
        <p id={`${id}-help`} className={isWrong ? 'add-wrong' : 'help'}>
          {isWrong ? strings.lookWrong : strings.addressHelp}
        </p>
      </form>
      {offered !== null && !onShelf && (
        <div className="card">
          <OfferPanel onEnd={() => field.current?.focus()} isNamed />
        </div>
      )}
    </Section>
  );
}

/** What was typed as the client takes it; null for what is neither a name nor an address. */
function readAddress(typed: string): string | null {
  const address = typed.trim();
  if (/^[\w.-]+\/[\w.-]+$/.test(address)) return address;
  return /^https?:\/\//.test(address) && URL.canParse(address) ? address : null;
}

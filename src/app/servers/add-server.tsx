/** Where a server is entered. What is typed is judged before anything is kept or asked. */
import { useId, useRef, useState, type SyntheticEvent } from 'react';
import { toHearthError } from '../../client';
import { useApp } from '../state/use-app';
import { judgeAddress, readAddress, usualAddresses } from './address';
import { strings } from './strings';

export function AddServer() {
  const addServer = useApp((state) => state.addServer);
  const [typed, setTyped] = useState('');
  const [key, setKey] = useState('');
  const [isAsking, setAsking] = useState(false);
  /** Why it was not added; null while nothing is wrong. */
  const [wrong, setWrong] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const address = readAddress(typed);
  const kind = judgeAddress(address, location.href);

  function type(text: string): void {
    setTyped(text);
    setWrong(null);
  }

  async function add(event: SyntheticEvent): Promise<void> {
    event.preventDefault();
    if (isAsking) return;
    if (kind === 'wrong' || kind === 'mixed') {
      setWrong(kind === 'wrong' ? strings.wrongAddress : strings.mixed);
      field.current?.focus();
      return;
    }
    setAsking(true);
    try {
      await addServer(address, key.trim() || null);
      setTyped('');
      setKey('');
    } catch (error) {
      setWrong(toHearthError(error).message);
      field.current?.focus();
    } finally {
      setAsking(false);
    }
  }

  return (
    <form className="add-server" onSubmit={(event) => void add(event)} noValidate>
      <div className="field">
        <label htmlFor={id}>{strings.address}</label>
        <input
          ref={field}
          id={id}
          type="url"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder="http://localhost:11434/v1"
          value={typed}
          aria-invalid={wrong !== null}
          aria-describedby={`${id}-help`}
          onChange={(event) => type(event.target.value)}
        />
        <p id={`${id}-help`} className={wrong === null ? 'help' : 'add-wrong'}>
          {wrong ??
            (kind === 'unencrypted' ? strings.unencrypted({ origin: new URL(address).origin }) : strings.addressHelp)}
        </p>
        {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a fieldset is for fields */}
        <div className="usual-addresses" role="group" aria-labelledby={`${id}-usual`}>
          <span id={`${id}-usual`} className="help">
            {strings.examples}
          </span>
          {usualAddresses.map(({ name, address: usual }) => (
            <button key={name} type="button" className="quiet-button" title={usual} onClick={() => type(usual)}>
              {name}
            </button>
          ))}
        </div>
      </div>
      <div className="field">
        <label htmlFor={`${id}-key`}>{strings.key}</label>
        <input
          id={`${id}-key`}
          type="password"
          autoComplete="off"
          value={key}
          aria-describedby={`${id}-key-help`}
          onChange={(event) => setKey(event.target.value)}
        />
        <p id={`${id}-key-help`} className="help">
          {strings.keyHelp}
        </p>
      </div>
      <div className="page-moves">
        <button type="submit" className="edged-button" aria-disabled={isAsking}>
          {isAsking ? strings.adding : strings.add}
        </button>
      </div>
    </form>
  );
}

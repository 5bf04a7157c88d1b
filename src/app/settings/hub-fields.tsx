/** Where repositories are looked up, and the token that opens those which are not for everybody. */
import { useEffect, useId, useState } from 'react';
import { toHearthError } from '../../client';
import { useApp } from '../state/use-app';
import { wordsOf } from '../strings';
import { settings as english } from '../strings/en/settings';
import { Section } from '../ui/page';
import { isHubAddress } from './settings';

const strings = wordsOf('settings', english);

const DEFAULT_HUB = 'https://huggingface.co';

export function HubFields() {
  const hubUrl = useApp(({ settings }) => settings.hubUrl);
  return (
    <Section title={strings.hub}>
      <HubField hubUrl={hubUrl} />
      <TokenField key={hubUrl} hub={hubUrl || DEFAULT_HUB} />
    </Section>
  );
}

/** What is typed is taken over as soon as it is an address; empty is Hugging Face. */
function HubField({ hubUrl }: { readonly hubUrl: string }) {
  const changeSettings = useApp((state) => state.changeSettings);
  /** What was typed that is no address; null when the setting itself stands there. */
  const [wrong, setWrong] = useState<string | null>(null);
  const id = useId();

  function read(typed: string): void {
    const fits = typed === '' || isHubAddress(typed);
    setWrong(fits ? null : typed);
    if (fits) changeSettings({ hubUrl: typed });
  }

  return (
    <div className="field">
      <label htmlFor={id}>{strings.hubUrl}</label>
      <input
        id={id}
        type="url"
        placeholder={DEFAULT_HUB}
        value={wrong ?? hubUrl}
        aria-invalid={wrong !== null}
        aria-describedby={`${id}-help`}
        onChange={(event) => read(event.target.value)}
        onBlur={() => setWrong(null)}
      />
      <p className="help" id={`${id}-help`}>
        {wrong === null ? strings.hubUrlHelp : strings.hubUrlWrong}
      </p>
    </div>
  );
}

/** A token that is kept is never shown again. */
function TokenField({ hub }: { readonly hub: string }) {
  const hosts = useApp((state) => state.modelHosts);
  const [token, setToken] = useState('');
  const [isKept, setKept] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const id = useId();
  const { host, origin } = new URL(hub);

  useEffect(() => {
    let isHere = true;
    void hosts.tokenOrigins().then((origins) => isHere && setKept(origins.includes(origin)));
    return () => void (isHere = false);
  }, [hosts, origin]);

  async function keep(changed: string | null): Promise<void> {
    try {
      await hosts.setToken(origin, changed);
      setKept(changed !== null);
      setToken('');
      setProblem(null);
    } catch (error) {
      setProblem(toHearthError(error).message);
    }
  }

  return (
    <form
      className="field"
      onSubmit={(event) => {
        event.preventDefault();
        void keep(token.trim());
      }}
    >
      <label htmlFor={id}>{strings.token({ host })}</label>
      <div className="page-line">
        <input
          id={id}
          type="password"
          autoComplete="off"
          value={token}
          aria-describedby={`${id}-help`}
          onChange={(event) => setToken(event.target.value)}
        />
        <button type="submit" className="edged-button" disabled={token.trim() === ''}>
          {strings.keepToken}
        </button>
        {isKept && (
          <button type="button" className="quiet-button" onClick={() => void keep(null)}>
            {strings.forgetToken}
          </button>
        )}
      </div>
      <p className="help" id={`${id}-help`} role="status">
        {problem ?? (isKept ? strings.tokenKept({ host }) : strings.tokenHelp({ host }))}
      </p>
    </form>
  );
}

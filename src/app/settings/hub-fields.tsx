/** Where repositories are looked up, the token that opens those which are not for everybody, and who else may be asked. */
import { useEffect, useId, useRef, useState } from 'react';
import { toHearthError, type KnownHost } from '../../client';
import { useApp } from '../state/use-app';
import { wordsOf } from '../strings';
import { settings as english } from '../strings/en/settings';
import { Section } from '../ui/page';
import { isHubAddress } from './settings';

const strings = wordsOf('settings', english);

const DEFAULT_HUB = 'https://huggingface.co';

export function HubFields() {
  const hubUrl = useApp(({ settings }) => settings.hubUrl);
  const hosts = useApp((state) => state.modelHosts);
  const [known, setKnown] = useState<readonly KnownHost[]>([]);
  useEffect(() => void hosts.list().then(setKnown), [hosts]);
  const reread = async () => setKnown(await hosts.list());
  return (
    <Section title={strings.hub}>
      <HubField hubUrl={hubUrl} />
      <TokenField key={hubUrl} hub={hubUrl || DEFAULT_HUB} known={known} onChange={reread} />
      <KnownHosts known={known} onChange={reread} />
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

interface HostsProps {
  readonly known: readonly KnownHost[];
  readonly onChange: () => Promise<void>;
}

/** A token that is kept is never shown again. */
function TokenField({ hub, known, onChange }: HostsProps & { readonly hub: string }) {
  const hosts = useApp((state) => state.modelHosts);
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const id = useId();
  const { host, origin } = new URL(hub);
  const isKept = known.some((other) => other.origin === origin && other.hasToken);

  async function keep(changed: string | null): Promise<void> {
    try {
      await hosts.setToken(origin, changed);
      setToken('');
      setProblem(null);
      await onChange();
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
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
      <p className="help" id={`${id}-help`} role="status">
        {problem ?? (isKept ? strings.tokenKept({ host }) : strings.tokenHelp({ host }))}
      </p>
    </form>
  );
}

/** The hosts that the person has let Hearth ask, each with the way to take it back; nothing where there are none. */
function KnownHosts({ known, onChange }: HostsProps) {
  const withdrawHost = useApp((state) => state.withdrawHost);
  const [outcome, setOutcome] = useState<string | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  if (known.length === 0 && outcome === null) return null;

  async function withdraw({ origin }: KnownHost): Promise<void> {
    try {
      await withdrawHost(origin);
      await onChange();
      setOutcome(strings.withdrawn({ host: new URL(origin).host }));
    } catch (error) {
      setOutcome(toHearthError(error).message);
    }
    heading.current?.focus(); // the button has gone
  }

  return (
    <div className="field">
      <h4 ref={heading} tabIndex={-1}>
        {strings.hosts}
      </h4>
      <p className="help">{strings.hostsHelp}</p>
      <ul className="preset-list">
        {known.map((host) => (
          <li key={host.origin}>
            <div className="preset-text">
              <bdi>{new URL(host.origin).host}</bdi>
              <p className="help">
                {[host.isAllowed && strings.hostAllowed, host.hasToken && strings.hostWithToken]
                  .filter(Boolean)
                  .join(' ')}
              </p>
            </div>
            <button
              type="button"
              className="quiet-button"
              aria-label={strings.withdrawHost({ host: new URL(host.origin).host })}
              onClick={() => void withdraw(host)}
            >
              {strings.withdraw}
            </button>
          </li>
        ))}
      </ul>
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
      <p role="status">{outcome}</p>
    </div>
  );
}

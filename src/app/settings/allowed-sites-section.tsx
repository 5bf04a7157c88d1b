/** The sites that may use a model in a frame, as far as this page can see them, and the way to take that back. */
import { useEffect, useState } from 'react';
import { findModel } from '../../catalog/catalog';
import { ALLOWED_SITES_KEY, EMBED_LIMITS, readAllowedSites, revokeSite } from '../../client/allowed-sites';
import { locale, wordsOf } from '../strings';
import { settings as english } from '../strings/en/settings';
import { Section } from '../ui/page';

const strings = wordsOf('settings', english);

export function AllowedSitesSection() {
  const [sites, setSites] = useState(() => readAllowedSites(localStorage));
  useEffect(() => {
    // A frame of this site in another tab has asked.
    const reread = ({ key }: StorageEvent) => {
      if (key === ALLOWED_SITES_KEY || key === null) setSites(readAllowedSites(localStorage));
    };
    window.addEventListener('storage', reread);
    return () => window.removeEventListener('storage', reread);
  }, []);

  return (
    <Section title={strings.sites}>
      {sites.length === 0 ? (
        <p>{strings.noSites}</p>
      ) : (
        <ul className="sites">
          {sites.map(({ origin, use, models, since }) => (
            <li key={`${origin} ${use}`} className="page-line">
              <p>
                <strong>{origin}</strong>{' '}
                {strings.siteUses[use]({
                  models: models.map((id) => findModel(id)?.label ?? id).join(', '),
                  since: new Date(since).toLocaleDateString(locale()),
                })}
              </p>
              <button
                type="button"
                className="edged-button"
                aria-label={strings.revokeSite({ site: origin })}
                onClick={() => setSites(revokeSite(localStorage, origin))}
              >
                {strings.revoke}
              </button>
            </li>
          ))}
        </ul>
      )}
      <p className="help">{strings.sitesHelp}</p>
      <p className="help">
        {strings.siteLimits({
          answers: EMBED_LIMITS.concurrentAnswers,
          tokens: EMBED_LIMITS.tokensPerMinute,
          context: EMBED_LIMITS.contextLength,
        })}
      </p>
    </Section>
  );
}

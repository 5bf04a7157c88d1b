/** The question whether a site may have a model here: who asks, what it takes, where it stays, and the way out. */
import { useEffect, useState } from 'react';
import { findModel, sentencesOf } from '../../catalog/catalog';
import { formatBytes } from '../../app/format';
import { locale } from '../../app/strings';
import { present } from '../../lib/invariant';
import { EMBED_LIMITS } from '../../client/allowed-sites';
import { OwnTab } from './own-tab';
import { strings } from './strings';
import type { View } from './view';

export function QuestionPanel({ question, place, onAnswer }: View & { kind: 'question' }) {
  const { origin, use, model } = question;
  const isSeen = useSeen();
  const entry = present(findModel(model), 'a model of the catalogue');
  const { host } = new URL(origin);
  const size = formatBytes(entry.downloadBytes);
  return (
    <main className="panel">
      <h1>{strings.asks[use]({ host, model: entry.label })}</h1>
      <p>{strings.explains[use]({ host })}</p>
      <dl>
        <dt>{strings.model}</dt>
        <dd>
          {entry.label}: {sentencesOf(entry, locale()).goodFor}
        </dd>
        <dt>{strings.download}</dt>
        <dd>
          {place === 'here'
            ? strings.isHere
            : entry.repository === undefined
              ? size
              : strings.sizeFrom({ size, place: 'huggingface.co' })}
        </dd>
        <dt>{strings.kept}</dt>
        <dd>{place === 'passing' ? strings.keptNowhere : strings.keptFor({ host: location.host })}</dd>
        <dt>{strings.uses}</dt>
        <dd>
          {use === 'chat'
            ? strings.processor
            : strings.limits({ answers: EMBED_LIMITS.concurrentAnswers, tokens: EMBED_LIMITS.tokensPerMinute })}
        </dd>
      </dl>
      <div className="moves">
        <button type="button" className="main-button" disabled={!isSeen} onClick={() => onAnswer(true)}>
          {strings.allow}
        </button>
        <button type="button" className="quiet-button" onClick={() => onAnswer(false)}>
          {strings.refuse}
        </button>
      </div>
      <p className="help">
        {place === 'passing' ? strings.forgotten : strings.remembered({ host })} <OwnTab />
      </p>
    </main>
  );
}

/** A click that was meant for what stood here a moment ago is no yes. */
const SEEN_AFTER_MS = 600;

function useSeen(): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSeen(true), SEEN_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return isSeen;
}

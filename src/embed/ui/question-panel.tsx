/** The question whether a site may have a model here: who asks, what it takes, where it stays, and the way out. */
import { findModel, sentencesOf } from '../../catalog/catalog';
import { formatBytes } from '../../app/format';
import { locale } from '../../app/strings';
import { present } from '../../lib/invariant';
import { EMBED_LIMITS } from '../limits';
import { strings } from './strings';
import type { View } from './view';

export function QuestionPanel({ question, isStored, onAnswer }: View & { kind: 'question' }) {
  const { origin, use, model } = question;
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
          {isStored
            ? strings.isStored
            : entry.repository === undefined
              ? size
              : strings.sizeFrom({ size, place: 'huggingface.co' })}
        </dd>
        <dt>{strings.kept}</dt>
        <dd>{strings.keptFor({ host: location.host })}</dd>
        <dt>{strings.uses}</dt>
        <dd>{strings.limits({ answers: EMBED_LIMITS.concurrentAnswers, tokens: EMBED_LIMITS.tokensPerMinute })}</dd>
      </dl>
      <div className="moves">
        <button type="button" className="main-button" onClick={() => onAnswer(true)}>
          {strings.allow}
        </button>
        <button type="button" className="quiet-button" onClick={() => onAnswer(false)}>
          {strings.refuse}
        </button>
      </div>
      <p className="help">
        {strings.remembered({ host })} <OwnTab />
      </p>
    </main>
  );
}

/** Hearth itself, where models are kept once for all. */
export function OwnTab() {
  return (
    <a href={import.meta.env.BASE_URL} target="_blank" rel="noreferrer">
      {strings.openHearth}
    </a>
  );
}

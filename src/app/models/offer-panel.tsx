/**
 * What was found of the model that is looked at: what it takes in each precision, whether it fits, how fast it would write, and
 * the button that downloads it, which names the host and the size.
 */
import type { ReactNode } from 'react';
import { findModel, licenceName } from '../../catalog/catalog';
import type { Inspection } from '../../client';
import { formatBytes } from '../format';
import { speedOf, type Offer } from '../state/offer-slice';
import { useApp } from '../state/use-app';
import { GoodIcon, WarnIcon } from '../ui/icons';
import { ProblemWords } from '../ui/problem-words';
import { ContextSelect } from './context-select';
import { DraftChoice } from './draft-choice';
import { fitOf, needOf } from './fit';
import { sayFit } from './fit-line';
import { sayCount, saySpeed } from './figures';
import { strings } from './offer-strings';
import { PrecisionChoice } from './precision-choice';
import { strings as shelfStrings } from './strings';
import { tokensPerSecond } from './speed';
import { useLabels } from './use-labels';

interface PanelProps {
  /** The panel goes: the focus must go somewhere else. */
  readonly onEnd: () => void;
  /** Says whose offer it is, where no card does. */
  readonly isNamed?: boolean;
}

export function OfferPanel({ onEnd, isNamed = false }: PanelProps) {
  const offer = useApp((state) => state.offer);
  const label = useLabels()(offer?.modelId ?? '');
  if (!offer) return null;
  return (
    <section className="offer" aria-label={strings.offer({ model: label })}>
      {isNamed && (
        <h3 className="card-name">
          <bdi>{label}</bdi>
        </h3>
      )}
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
      <p role="status" className={offer.look.kind === 'looking' ? 'card-line' : 'visually-hidden'}>
        {offer.look.kind === 'looking' && strings.looking({ model: label })}
        {offer.look.kind === 'found' && strings.offer({ model: label })}
      </p>
      {offer.look.kind === 'failed' && <Failed offer={offer} label={label} />}
      {offer.look.kind === 'found' && <Found offer={offer} inspection={offer.look.inspection} label={label} />}
      <Moves offer={offer} label={label} onEnd={onEnd} />
    </section>
  );
}

function Failed({ offer: { look }, label }: { readonly offer: Offer; readonly label: string }) {
  const isOnline = useApp((state) => state.isOnline);
  if (look.kind !== 'failed') return null;
  return (
    <div className="problem card-note" role="alert">
      <p>{isOnline ? strings.cannotLook({ model: label }) : strings.offline}</p>
      <ProblemWords problem={look.error} />
    </div>
  );
}

interface FoundProps {
  readonly offer: Offer;
  readonly inspection: Inspection;
  readonly label: string;
}

function Found({ offer: { modelId, host, precision }, inspection, label }: FoundProps) {
  const device = useApp((state) => state.device);
  const speed = useApp(speedOf);
  const chosenLength = useApp(({ contextLengths }) => contextLengths[modelId]);
  const contextLength = chosenLength ?? inspection.defaultContextLength;
  const choice = inspection.choices.find((one) => one.precision === precision) ?? inspection.choices[0];
  if (!choice) return null;
  const cost = { ...inspection, ...choice };
  const need = needOf(cost, contextLength);
  const fit = device && need && fitOf(need, device);
  const rate = speed && tokensPerSecond(cost, contextLength, speed);
  const entry = findModel(modelId);
  return (
    <>
      <PrecisionChoice inspection={inspection} chosen={choice.precision} contextLength={contextLength} />
      <dl className="card-facts">
        <Fact name={strings.fact.parameters}>{sayCount(inspection.parameterCount)}</Fact>
        <Fact name={strings.fact.download}>{formatBytes(inspection.downloadBytes)}</Fact>
        <div className="fact">
          <ContextSelect modelId={modelId} label={label} contexts={inspection.contexts} chosen={contextLength} />
        </div>
        {need && <Fact name={strings.fact.memory}>{shelfStrings.about({ size: formatBytes(need.bytes) })}</Fact>}
        {rate && <Fact name={strings.fact.speed}>{saySpeed(rate)}</Fact>}
      </dl>
      <DraftChoice modelId={modelId} />
      {fit && (
        <p className="card-line fit" data-verdict={fit.verdict}>
          {fit.verdict === 'fits' ? <GoodIcon /> : <WarnIcon />}
          <span>{sayFit(fit)}</span>
        </p>
      )}
      {entry && <p className="card-line">{strings.licenceIs({ licence: licenceName(entry) })}</p>}
      {!entry && host !== null && <p className="card-line">{strings.licenceUnknown({ host })}</p>}
      {entry?.gated === true && host !== null && <p className="card-line">{strings.gated({ host })}</p>}
    </>
  );
}

interface MovesProps {
  readonly offer: Offer;
  readonly label: string;
  readonly onEnd: () => void;
}

function Moves({ offer: { modelId, host, look }, label, onEnd }: MovesProps) {
  const lookAt = useApp((state) => state.lookAt);
  const acceptOffer = useApp((state) => state.acceptOffer);
  const closeOffer = useApp((state) => state.closeOffer);
  return (
    <div className="offer-moves">
      {look.kind === 'found' && (
        <button
          type="button"
          className="main-button"
          onClick={() => {
            onEnd();
            void acceptOffer();
          }}
        >
          {sayGet(look.inspection.downloadBytes, host)}
        </button>
      )}
      {look.kind === 'failed' && (
        <button type="button" className="main-button" onClick={() => void lookAt(modelId)}>
          {strings.tryAgain}
        </button>
      )}
      <button
        type="button"
        className="edged-button"
        aria-label={strings.hideModel({ model: label })}
        onClick={() => {
          onEnd();
          closeOffer();
        }}
      >
        {strings.hide}
      </button>
    </div>
  );
}

function sayGet(bytes: number, host: string | null): string {
  const size = formatBytes(bytes);
  return host === null ? strings.getHere({ size }) : strings.getFrom({ size, host });
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** One model on the shelf: what it is for, where it stands, what it takes, and one button. */
import { useId, useRef, useState, type Ref } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { findModel, sentencesOf } from '../../catalog/catalog';
import type { ModelReport } from '../../client';
import { MoreIcon } from '../chat/icons';
import { Menu, type MenuItem } from '../chat/menu';
import { formatBytes } from '../format';
import { useApp } from '../state/use-app';
import { locale } from '../strings';
import { BriefFacts } from './brief-facts';
import { DeleteDialog } from './delete-dialog';
import { DetailsDialog } from './details-dialog';
import { DraftChoice } from './draft-choice';
import { exportName, openFileSink } from './file-sink';
import { FitLine } from './fit-line';
import { ModelFacts } from './model-facts';
import { ModelNoteLine } from './model-note';
import { ModelProgress } from './model-progress';
import { OfferPanel } from './offer-panel';
import { strings as offerStrings } from './offer-strings';
import { RenameDialog } from './rename-dialog';
import { useLabels } from './use-labels';
import { rowOf, type Row, type RowAction, type RowState } from './row';
import { strings } from './strings';

/** Something is under way. */
const BUSY: ReadonlySet<RowState> = new Set(['getting', 'elsewhere', 'loading', 'verifying', 'exporting']);

interface CardProps {
  readonly report: ModelReport;
}

export function ModelCard({ report }: CardProps) {
  const { modelId } = report;
  const label = useLabels()(modelId);
  const entry = findModel(modelId);
  const row = useApp(useShallow((state) => rowOf(state, report)));
  const discardModel = useApp((state) => state.discardModel);
  const nameId = useId();
  const mainButton = useRef<HTMLButtonElement>(null);
  const isOffered = useApp(({ offer }) => offer?.modelId === modelId);
  // What lies at the hub and is not here is looked at before it is downloaded.
  const isAway = entry?.repository !== undefined && row.state === 'absent';
  const isAtRest = !BUSY.has(row.state);
  return (
    <li className="card" data-state={row.state} aria-labelledby={nameId}>
      <div className="card-head">
        <h3 id={nameId} className="card-name">
          <bdi>{label}</bdi>
        </h3>
        <p className="card-state">{strings.state[row.state]}</p>
        <p className="card-purpose">
          {entry ? sentencesOf(entry, locale()).goodFor : strings.unknownModel({ place: placeOf(report) })}
        </p>
        <div className="card-actions">
          {isAway ? (
            <LookButton ref={mainButton} modelId={modelId} label={label} isOffered={isOffered} />
          ) : (
            <MainButton ref={mainButton} modelId={modelId} label={label} action={row.action} />
          )}
          {isDiscardable(report, row) && (
            <button
              type="button"
              className="edged-button"
              aria-label={strings.discardModel({ model: label })}
              onClick={() => void discardModel(modelId).then(() => mainButton.current?.focus())}
            >
              {strings.discard}
            </button>
          )}
          <CardMenu report={report} row={row} label={label} />
        </div>
      </div>
      <ModelProgress label={label} row={row} />
      <ModelNoteLine report={report} />
      {row.state === 'paused' && <PausedLine report={report} />}
      {isAway ? (
        <BriefFacts report={report} entry={entry} />
      ) : (
        <>
          <ModelFacts report={report} label={label} />
          <DraftChoice modelId={modelId} />
        </>
      )}
      {isOffered ? (
        <OfferPanel onEnd={() => mainButton.current?.focus()} />
      ) : (
        isAtRest && <FitLine report={report} row={row} />
      )}
    </li>
  );
}

interface LookButtonProps {
  readonly ref: Ref<HTMLButtonElement>;
  readonly modelId: string;
  readonly label: string;
  readonly isOffered: boolean;
}

/** Opens and closes what the model would take. */
function LookButton({ ref, modelId, label, isOffered }: LookButtonProps) {
  const lookAt = useApp((state) => state.lookAt);
  const closeOffer = useApp((state) => state.closeOffer);
  return (
    <button
      ref={ref}
      type="button"
      className="edged-button"
      aria-label={offerStrings.getDotsModel({ model: label })}
      aria-expanded={isOffered}
      onClick={() => (isOffered ? closeOffer() : void lookAt(modelId))}
    >
      {offerStrings.getDots}
    </button>
  );
}

interface MainButtonProps {
  readonly ref: Ref<HTMLButtonElement>;
  readonly modelId: string;
  readonly label: string;
  readonly action: RowAction | null;
}

/** Always the same element, so that the focus stays where it is while the model goes from one state to the next. */
function MainButton({ ref, modelId, label, action }: MainButtonProps) {
  const getModel = useApp((state) => state.getModel);
  const pauseModel = useApp((state) => state.pauseModel);
  const useModel = useApp((state) => state.useModel);
  const putAway = useApp((state) => state.putAway);
  if (!action) return null;
  const run: Record<RowAction, () => unknown> = {
    get: () => getModel(modelId),
    resume: () => getModel(modelId),
    pause: () => pauseModel(modelId),
    cancel: () => pauseModel(modelId),
    load: () => useModel(modelId),
    loadAgain: () => useModel(modelId),
    use: () => useModel(modelId),
    unload: () => putAway(modelId),
  };
  const isForward = ['get', 'resume', 'load', 'loadAgain', 'use'].includes(action);
  return (
    <button
      ref={ref}
      type="button"
      className={isForward ? 'main-button' : 'edged-button'}
      aria-label={strings[`${action}Model`]({ model: label })}
      onClick={() => void run[action]()}
    >
      {strings[action]}
    </button>
  );
}

interface CardMenuProps {
  readonly report: ModelReport;
  readonly row: Row;
  readonly label: string;
}

function CardMenu({ report, row, label }: CardMenuProps) {
  const { modelId } = report;
  const verifyModel = useApp((state) => state.verifyModel);
  const exportModel = useApp((state) => state.exportModel);
  const putAway = useApp((state) => state.putAway);
  const [dialog, setDialog] = useState<'delete' | 'details' | 'rename' | null>(null);
  const isBusy = BUSY.has(row.state);
  const isHere = report.state === 'stored' || report.state === 'in-memory';

  const items = (): MenuItem[] => [
    { name: strings.details, run: () => setDialog('details') },
    ...(report.state !== 'absent' ? [{ name: offerStrings.rename, run: () => setDialog('rename') }] : []),
    ...(isHere && !isBusy ? [{ name: strings.verify, run: () => void verifyModel(modelId) }] : []),
    ...(isHere && !isBusy
      ? [
          {
            name: offerStrings.export({ size: formatBytes(report.weightBytes) }),
            run: () => void exportModel(modelId, () => openFileSink(exportName(label))),
          },
        ]
      : []),
    ...(row.loaded && row.action !== 'unload' && !isBusy
      ? [{ name: strings.unload, run: () => void putAway(modelId) }]
      : []),
    ...(isHere && !isBusy ? [{ name: strings.delete, run: () => setDialog('delete') }] : []),
  ];

  return (
    <>
      <Menu name={strings.moreFor({ model: label })} icon={<MoreIcon />} items={items} />
      {dialog === 'delete' && <DeleteDialog report={report} row={row} onClose={() => setDialog(null)} />}
      {dialog === 'rename' && <RenameDialog modelId={modelId} onClose={() => setDialog(null)} />}
      {dialog === 'details' && <DetailsDialog report={report} row={row} onClose={() => setDialog(null)} />}
    </>
  );
}

/** Half of a download, under way in this tab or not at all: there is something to forget. */
function isDiscardable({ state }: ModelReport, { action, progress }: Row): boolean {
  const isHalf = (action === 'pause' || action === 'resume') && state !== 'stored' && state !== 'in-memory';
  return isHalf && progress?.phase !== 'wait'; // another tab's download is not this one's to end
}

/** Where a model of nobody's catalogue came from. */
function placeOf({ from, modelId }: ModelReport): string {
  const place = from ?? modelId;
  return URL.canParse(place) ? new URL(place).host || strings.givenFiles : place;
}

function PausedLine({ report }: CardProps) {
  const total = findModel(report.modelId)?.downloadBytes;
  return (
    <p className="card-line">
      {report.keptBytes > 0 && total !== undefined
        ? strings.pausedAt({ size: formatBytes(report.keptBytes), total: formatBytes(total) })
        : strings.pausedAtNothing}
    </p>
  );
}

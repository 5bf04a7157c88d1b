/**
 * One line about the model: a download to decide on, its arrival in phases and MB, or what the person should know about the
 * one that is there. Nothing when all is as expected.
 */
import { findModel, licenceName } from '../../catalog/catalog';
import { formatBytes, formatProgress } from '../format';
import { addressOf } from '../navigation/screens';
import { modelLabel } from '../state/model-slice';
import { useApp } from '../state/use-app';
import { strings } from './strings';
import type { LoadProgress, LocalModel } from '../../client';

export function ModelLine() {
  const modelState = useApp((state) => state.modelState);
  switch (modelState.kind) {
    case 'absent':
      return <AbsentLine />;
    case 'loading':
      return <ArrivalLine progress={modelState.progress} />;
    case 'ready':
      return <ReadyNotes model={modelState.model} />;
  }
}

/**
 * Not here, and not wanted yet: its size, and a button. Silent while a problem is shown, or that another tab has the engine:
 * they have buttons of their own.
 */
function AbsentLine() {
  const entry = useApp(({ modelId }) => findModel(modelId));
  const problem = useApp((state) => state.problem);
  const needModel = useApp((state) => state.needModel);
  const isOnline = useApp((state) => state.isOnline);
  const host = useApp((state) => state.hostToAllow());
  const modelId = useApp((state) => state.modelId);
  const allowHost = useApp((state) => state.allowHost);
  const hostOf = useApp((state) => state.hostOf);
  const isElsewhere = useApp(({ enginePlace }) => enginePlace.at === 'elsewhere');
  if (problem || isElsewhere) return null;
  if (!entry)
    return host === null ? null : <ForeignLine model={modelId} host={new URL(host).host} onAllow={allowHost} />;
  const size = formatBytes(entry.downloadBytes);
  const hub = hostOf(entry.id);
  return (
    <div className="model-line">
      <p>
        {(isOnline ? strings.lineAbsent : strings.lineNeedsNetwork)({ model: entry.label })}
        {entry.repository !== undefined && ` ${strings.lineLicence({ licence: licenceName(entry) })}`}
      </p>
      <button type="button" className="edged-button" onClick={() => void needModel().catch(() => {})}>
        {hub === null ? strings.lineDownload({ size }) : strings.lineGetFrom({ size, host: hub })}
      </button>
    </div>
  );
}

interface ForeignLineProps {
  readonly model: string;
  readonly host: string;
  readonly onAllow: () => Promise<void>;
}

/** Named by the address, and to come from another site: nobody is asked for it before the person has chosen. */
function ForeignLine({ model, host, onAllow }: ForeignLineProps) {
  return (
    <div className="model-line">
      <p>{strings.lineForeign({ model, host })}</p>
      <button type="button" className="edged-button" onClick={() => void onAllow().catch(() => {})}>
        {strings.lineDownloadFrom({ host })}
      </button>
    </div>
  );
}

function ArrivalLine({ progress }: { progress: LoadProgress | null }) {
  const label = useApp(modelLabel);
  const waiting = useApp(({ answerPhase }) => answerPhase === 'waiting');
  const cancellable = useApp(({ modelId }) => findModel(modelId)?.bundled !== true);
  const cancelLoad = useApp((state) => state.cancelLoad);
  const share = progress && progress.totalBytes > 0 ? progress.loadedBytes / progress.totalBytes : undefined;
  return (
    <div className="model-line">
      <p>
        {progress
          ? strings.lineArrivingAt({ model: label, progress: formatProgress(progress) })
          : strings.lineArriving({ model: label })}
        {waiting && ` ${strings.lineWaiting}`}
      </p>
      {cancellable && (
        <button type="button" className="quiet-button" onClick={cancelLoad}>
          {strings.cancel}
        </button>
      )}
      <progress aria-label={strings.lineName({ model: label })} value={share} max={1} />
    </div>
  );
}

/** Only what differs from the best case, with the next move: an insecure address, no adapter, nothing stored. */
function ReadyNotes({ model: { label, device, warning } }: { model: LocalModel }) {
  const downloadAgain = useApp((state) => state.downloadAgain);
  const isSecure = globalThis.isSecureContext;
  return (
    <>
      {(!isSecure || device.kind === 'cpu') && (
        <div className="model-line">
          <p>{isSecure ? strings.lineProcessor({ model: label }) : strings.lineInsecure}</p>
          <a className="edged-button" href={addressOf('diagnostics')}>
            {strings.whatToDo}
          </a>
        </div>
      )}
      {warning !== null && (
        <div className="model-line">
          <p>{strings.lineNotStored({ model: label })}</p>
          <button type="button" className="edged-button" onClick={() => void downloadAgain().catch(() => {})}>
            {strings.storeIt({ model: label })}
          </button>
        </div>
      )}
    </>
  );
}

/** What this browser can do, in sentences; what is not ideal comes with the next move. */
import { useApp } from '../state/use-app';
import { wordsOf } from '../strings';
import { diagnostics as english } from '../strings/en/diagnostics';
import { GoodIcon, WarnIcon } from '../ui/icons';
import { findingsOf, type DiagnosticsReport, type Finding } from './report';

const strings = wordsOf('diagnostics', english);

interface FindingsProps {
  readonly report: DiagnosticsReport;
  /** Something has been done about one of them. */
  readonly onChange: () => void;
}

export function Findings({ report, onChange }: FindingsProps) {
  return (
    <ul className="findings">
      {findingsOf(report).map((finding) => (
        <FindingRow key={finding.kind} finding={finding} onChange={onChange} />
      ))}
    </ul>
  );
}

const GOOD: readonly Finding['kind'][] = ['gpu', 'stored', 'kept', 'offlineReady'];

function FindingRow({ finding, onChange }: { readonly finding: Finding; readonly onChange: () => void }) {
  const isGood = GOOD.includes(finding.kind);
  const help = helpFor(finding.kind);
  return (
    <li className="finding" data-good={isGood}>
      {isGood ? <GoodIcon /> : <WarnIcon />}
      <span className="visually-hidden">{isGood ? strings.good : strings.warning}: </span>
      <div>
        <p>{sentenceOf(finding)}</p>
        {help !== null && <p className="help">{help}</p>}
        <Move kind={finding.kind} onChange={onChange} />
      </div>
    </li>
  );
}

function sentenceOf(finding: Finding): string {
  if ('adapter' in finding) return strings.finding[finding.kind]({ adapter: finding.adapter });
  if ('message' in finding) return strings.finding[finding.kind]({ message: finding.message });
  return strings.finding[finding.kind];
}

function helpFor(kind: Finding['kind']): string | null {
  const { softwareGpuMove, noGpuMove, insecureMove, notStoredMove, engineFailedMove } = strings.finding;
  const helps: Partial<Record<Finding['kind'], string>> = {
    softwareGpu: softwareGpuMove,
    noGpu: noGpuMove,
    insecure: insecureMove,
    notStored: notStoredMove,
    engineFailed: engineFailedMove,
  };
  return helps[kind] ?? null;
}

/** What a button can do about it. */
function Move({ kind, onChange }: { readonly kind: Finding['kind']; readonly onChange: () => void }) {
  const keepData = useApp((state) => state.keepData);
  if (kind === 'insecure')
    return (
      <a className="edged-button" href={location.href.replace(/^http:/, 'https:')}>
        {strings.finding.openSecurely}
      </a>
    );
  if (kind === 'mayBeCleared')
    return (
      <button type="button" className="edged-button" onClick={() => void keepData().then(onChange)}>
        {strings.finding.keepData}
      </button>
    );
  if (kind === 'engineFailed')
    return (
      <button type="button" className="edged-button" onClick={() => location.reload()}>
        {strings.finding.reload}
      </button>
    );
  return null;
}

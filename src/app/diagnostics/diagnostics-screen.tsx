/** What this machine offers and what has happened lately: sentences first, figures next, the log last; all of it to be copied. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { hearth } from '../../client';
import { log, type LogEntry } from '../../lib/log';
import { useApp } from '../state/use-app';
import { wordsOf } from '../strings';
import { diagnostics as english } from '../strings/en/diagnostics';
import { Page, Section } from '../ui/page';
import { EngineNow } from './engine-now';
import { Facts } from './facts';
import { Findings } from './findings';
import { collectReport, logLine, reportText, type DiagnosticsReport } from './report';
import { TunedKernels } from './tuned-kernels';

const strings = wordsOf('diagnostics', english);

export default function DiagnosticsScreen() {
  const [report, setReport] = useState<DiagnosticsReport | null>(null);
  const entries = useLog();
  const collect = async () => setReport(await collectReport(hearth));

  useEffect(() => {
    void collectReport(hearth).then(setReport);
  }, []);

  return (
    <Page title={strings.title} lead={strings.lead}>
      {report ? (
        <>
          <CopyReport report={report} />
          <Section title={strings.capabilities}>
            <Findings report={report} onChange={() => void collect()} />
          </Section>
          <Section title={strings.facts}>
            <Facts report={report} />
          </Section>
        </>
      ) : (
        <p>{strings.looking}</p>
      )}
      <Section title={strings.engineNow}>
        <EngineNow />
      </Section>
      <Section title={strings.tuning}>
        <TunedKernels />
      </Section>
      <Section title={strings.log}>
        <p className="help">{entries.length === 0 ? strings.logEmpty : strings.logCount({ count: entries.length })}</p>
        {entries.length > 0 && (
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it
          <section className="log" tabIndex={0} aria-label={strings.log}>
            <pre>{entries.map(logLine).join('\n')}</pre>
          </section>
        )}
      </Section>
    </Page>
  );
}

function CopyReport({ report }: { readonly report: DiagnosticsReport }) {
  const model = useApp(({ modelState, modelId }) =>
    modelState.kind === 'ready' ? `${modelId}, ${modelState.model.contextLength} tokens of context` : null,
  );
  const [outcome, setOutcome] = useState<'copied' | 'copyFailed' | null>(null);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(reportText(report, model, log.entries()));
      setOutcome('copied');
    } catch {
      setOutcome('copyFailed');
    }
  }

  return (
    <div className="page-moves">
      <button type="button" className="main-button" onClick={() => void copy()}>
        {strings.copy}
      </button>
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
      <p className="help" role="status">
        {outcome ? strings[outcome] : strings.copyNote}
      </p>
    </div>
  );
}

let snapshot = log.entries();
log.listen(() => (snapshot = log.entries()));

/** The log as it grows. */
function useLog(): LogEntry[] {
  return useSyncExternalStore(log.listen, () => snapshot);
}

/** Which kernels this device computes with, where several give the same bits: the switch, what was measured, and once more. */
import { useCallback, useEffect, useState } from 'react';
import { hearth, type TuningReport } from '../../client';
import { CheckField } from '../settings/fields';
import { wordsOf } from '../strings';
import { diagnostics as english } from '../strings/en/diagnostics';
import { tunedLine } from './report';

const strings = wordsOf('diagnostics', english);

const LOOK_MS = 1000;

export function TunedKernels() {
  const { report, look } = useTuning();
  if (report === null) return <p>{strings.looking}</p>;
  const { isOn, points } = report;
  const { tuned } = strings;
  const refused = points.filter((point) => point.refused.length > 0);
  const after = (change: Promise<void>) => void change.then(look, look); // an engine that is gone is told of elsewhere
  return (
    <>
      <CheckField
        label={tuned.isOn}
        help={tuned.isOnHelp}
        checked={isOn}
        onChange={(isChosen) => after(hearth.setTuning(isChosen))}
      />
      {refused.length > 0 && <p className="problem">{tuned.refused({ count: refused.length })}</p>}
      {points.length === 0 ? (
        <p className="help">{tuned.none}</p>
      ) : (
        <details className="tuned">
          <summary>
            {tuned.count({ count: points.length, faster: points.filter(({ gain }) => gain > 1).length })}
          </summary>
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it */}
          <section className="log" tabIndex={0} aria-label={strings.tuning}>
            <pre>{points.map(tunedLine).join('\n')}</pre>
          </section>
        </details>
      )}
      <div className="page-moves">
        <button type="button" className="quiet-button" onClick={() => after(hearth.tuneAgain())}>
          {tuned.again}
        </button>
      </div>
    </>
  );
}

/** Looked at once a second while the page is in sight; null until the engine has answered. */
function useTuning(): { report: TuningReport | null; look: () => void } {
  const [report, setReport] = useState<TuningReport | null>(null);
  const look = useCallback(() => {
    if (!document.hidden) hearth.tuning().then(setReport, () => {});
  }, []);
  useEffect(() => {
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [look]);
  return { report, look };
}

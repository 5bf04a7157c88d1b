/** The slim line under the last message: the figures of the answer, live, and ways to have more of it or another one. */
import { formatStats } from '../format';
import { openRun, type Run } from '../state/chat-slice';
import { answererLabel } from '../state/servers-slice';
import { useApp } from '../state/use-app';
import { strings } from './strings';

export function AnswerEnd() {
  const last = useApp(({ transcript }) => transcript.at(-1));
  const run = useApp(openRun);
  const label = useApp(answererLabel);
  const addedNothing = useApp(({ announcement }) => announcement?.kind === 'silent');
  const regenerate = useApp((state) => state.regenerate);
  const goOn = useApp((state) => state.goOn);
  const isRemote = useApp(({ openedChat: { remote } }) => Boolean(remote));
  const showStatistics = useApp(({ settings }) => settings.showStatistics);
  const stats = showStatistics && last?.role === 'assistant' ? last.stats : undefined;
  const isIdle = last !== undefined && !run && last.state !== 'streaming';

  return (
    <div className="answer-end">
      {run && run.phase !== 'writing' && <p className="phase">{phaseOf(run, label)}</p>}
      {last?.leftOut !== undefined && <p className="phase">{strings.leftOut({ messages: last.leftOut })}</p>}
      {isIdle && last.role === 'assistant' && <EndNote state={last.state} nothingAdded={addedNothing} label={label} />}
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- figures of the answer, not the result of a form */}
      <p className="statistics" role="status" aria-label={strings.statistics} aria-live="off">
        {stats && formatStats(stats)}
      </p>
      {isIdle && (
        <div className="answer-moves">
          {/* Servers begin every answer anew. */}
          {last.role === 'assistant' && !isRemote && last.host === undefined && (
            <button type="button" className="quiet-button" onClick={() => void goOn(last.id)}>
              {strings.continue}
            </button>
          )}
          <button type="button" className="quiet-button" onClick={() => void regenerate()}>
            {strings.regenerate}
          </button>
        </div>
      )}
    </div>
  );
}

function EndNote(props: { readonly state: string; readonly nothingAdded: boolean; readonly label: string }) {
  const { state, nothingAdded, label } = props;
  if (nothingAdded) return <p className="phase">{strings.hadNothingToAdd({ author: label })}</p>;
  if (state === 'stopped') return <p className="phase">{strings.stoppedHere}</p>;
  if (state === 'error') return <p className="phase">{strings.brokeOff}</p>;
  return null;
}

function phaseOf({ phase, prefill }: Run, author: string): string {
  if (phase === 'recovering') return strings.recovering({ author });
  if (phase === 'waiting') return strings.waitingFor({ author });
  if (!prefill || prefill.totalTokens < LONG_PROMPT_TOKENS) return strings.reading({ author });
  return strings.readingTokens({ author, done: prefill.doneTokens, total: prefill.totalTokens });
}

/** Shorter ones are read before one could read how far it is. */
const LONG_PROMPT_TOKENS = 200;

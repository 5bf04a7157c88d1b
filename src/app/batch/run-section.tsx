/** Running the batch: how many rows at once, the one button that matters now, and how far it is. */
import { useEffect } from 'react';
import type { RemoteChoice } from '../chats/types';
import { formatRate } from '../format';
import { needsEngine } from '../state/engine-slice';
import { modelLabel } from '../state/model-slice';
import { hostOfServer, placeOfServer } from '../state/servers-slice';
import { useApp } from '../state/use-app';
import { Section } from '../ui/page';
import { ProblemWords } from '../ui/problem-words';
import { BatchProblem } from './prompts-section';
import { tableOf } from './prompt-table';
import { strings } from './strings';
import { MAX_CONCURRENCY, type BatchContent } from './types';

interface BatchProps {
  readonly batch: BatchContent;
}

export function RunSection({ batch }: BatchProps) {
  const problem = useApp((state) => state.batchProblem);
  const runBatch = useApp((state) => state.runBatch);
  return (
    <Section title={strings.run}>
      <WhoAnswers batch={batch} />
      <div className="run-bar">
        <Concurrency batch={batch} />
        <Moves batch={batch} />
      </div>
      {problem && needsEngine(problem) && (
        <div className="problem" role="alert">
          <ProblemWords problem={problem} />
        </div>
      )}
      {problem && !needsEngine(problem) && <BatchProblem problem={problem} onTryAgain={() => void runBatch()} />}
      <Progress batch={batch} />
    </Section>
  );
}

/** This device or a server elsewhere; asked only where there is a choice. All rows are answered by one. */
function WhoAnswers({ batch }: BatchProps) {
  const servers = useApp((state) => state.servers);
  const openServers = useApp((state) => state.openServers);
  const changeBatch = useApp((state) => state.changeBatch);
  const label = useApp(modelLabel);
  const isOpen = useApp(
    (state) => state.batchPhase === 'idle' && !state.batchElsewhere && state.batchResults.size === 0,
  );
  useEffect(() => void openServers(), [openServers]);
  const { remote } = batch.settings;
  const choices = (servers ?? []).flatMap(({ url, models }) => models.map((model) => ({ endpoint: url, model })));
  const isKnown = choices.some((choice) => valueOf(choice) === valueOf(remote));
  if (remote && !isKnown) choices.unshift(remote);
  if (choices.length === 0) return null;
  return (
    <div className="field">
      <label htmlFor="batch-who">{strings.who}</label>
      <select
        id="batch-who"
        value={valueOf(remote)}
        disabled={!isOpen}
        aria-describedby="batch-who-help"
        onChange={({ target }) =>
          changeBatch({ remote: choices.find((choice) => valueOf(choice) === target.value) ?? null })
        }
      >
        <option value="">{strings.thisDevice({ model: label })}</option>
        {choices.map((choice) => (
          <option key={valueOf(choice)} value={valueOf(choice)}>
            {strings.modelAt({ model: choice.model, host: placeOfServer(choice.endpoint) })}
          </option>
        ))}
      </select>
      <p className="help" id="batch-who-help">
        {remote ? strings.sentTo({ host: hostOfServer(remote.endpoint) }) : strings.whoHelp}
      </p>
    </div>
  );
}

function valueOf(choice: RemoteChoice | null | undefined): string {
  return choice ? `${choice.endpoint} ${choice.model}` : '';
}

function Concurrency({ batch }: BatchProps) {
  const changeBatch = useApp((state) => state.changeBatch);
  const isElsewhere = useApp((state) => state.batchElsewhere);
  const { concurrency } = batch.settings;
  return (
    <div className="field concurrency">
      <label htmlFor="batch-concurrency">{strings.concurrency}</label>
      <div className="slider">
        <input
          id="batch-concurrency"
          type="range"
          min={1}
          max={MAX_CONCURRENCY}
          value={concurrency}
          disabled={isElsewhere}
          aria-describedby="batch-concurrency-help"
          onChange={(event) => changeBatch({ concurrency: Number(event.target.value) })}
        />
        <span className="slider-value" aria-hidden="true">
          {concurrency}
        </span>
      </div>
      <p className="help" id="batch-concurrency-help">
        {strings.concurrencyHelp}
      </p>
    </div>
  );
}

/** The main button is always the same element, so that the focus stays where it is while the run goes on. */
function Moves({ batch }: BatchProps) {
  const phase = useApp((state) => state.batchPhase);
  const isElsewhere = useApp((state) => state.batchElsewhere);
  const answered = useApp((state) => state.batchResults.size);
  const inFlight = useApp((state) => state.batchLive.size);
  const label = useApp(modelLabel);
  const failed = useFailed();
  const runBatch = useApp((state) => state.runBatch);
  const pauseBatch = useApp((state) => state.pauseBatch);
  const stopBatch = useApp((state) => state.stopBatch);
  const retryFailedRows = useApp((state) => state.retryFailedRows);
  const rows = tableOf(batch.file).rows.length;
  const isUnderWay = phase === 'running' || phase === 'starting' || phase === 'pausing';
  const isIdle = phase === 'idle' && !isElsewhere;
  const canRun = isIdle && answered < rows;
  return (
    <div className="run-moves">
      <div className="page-moves">
        <button
          type="button"
          className={isUnderWay ? 'edged-button' : 'main-button'}
          aria-disabled={!canRun && (!isUnderWay || phase === 'pausing')}
          onClick={() => {
            if (isUnderWay) pauseBatch();
            else if (canRun) void runBatch();
          }}
        >
          {isUnderWay ? strings.pause : answered > 0 ? strings.resume : strings.start}
        </button>
        {isUnderWay && (
          <button type="button" className="quiet-button" onClick={stopBatch}>
            {strings.stop}
          </button>
        )}
        {isIdle && failed > 0 && (
          <button type="button" className="edged-button" onClick={() => void retryFailedRows()}>
            {strings.retry({ rows: failed })}
          </button>
        )}
      </div>
      {isUnderWay && (
        <p className="help">
          {phase === 'starting'
            ? strings.phases.starting({ model: label })
            : phase === 'pausing'
              ? strings.phases.pausing({ rows: inFlight })
              : strings.stopHelp}
        </p>
      )}
    </div>
  );
}

function useFailed(): number {
  return useApp(({ batchResults }) => {
    let failed = 0;
    for (const { finishReason } of batchResults.values()) if (finishReason === 'failed') failed++;
    return failed;
  });
}

function Progress({ batch }: BatchProps) {
  const phase = useApp((state) => state.batchPhase);
  const ended = useApp((state) => state.batchResults.size);
  const speed = useApp((state) => state.batchSpeed);
  const lastRun = useApp((state) => state.lastRun);
  const failed = useFailed();
  const rows = tableOf(batch.file).rows.length;
  const { fact } = strings;
  const isRunning = phase === 'running' || phase === 'pausing';
  return (
    <div className="run-progress">
      <progress
        aria-label={strings.progress}
        aria-valuetext={strings.done({ done: ended, rows })}
        value={ended}
        max={rows}
      />
      <dl className="run-facts">
        <Fact name={fact.done}>{strings.done({ done: ended - failed, rows })}</Fact>
        {failed > 0 && <Fact name={fact.failed}>{failed}</Fact>}
        {isRunning && (
          <>
            <Fact name={fact.speed} isAlive={(speed?.tokensPerSecond ?? 0) > 0}>
              {speed?.tokensPerSecond ? strings.speed({ rate: formatRate(speed.tokensPerSecond) }) : strings.notYet}
            </Fact>
            <Fact name={fact.left}>{speed?.secondsLeft ? sayTimeLeft(speed.secondsLeft) : strings.notYet}</Fact>
          </>
        )}
        {phase === 'idle' && lastRun && lastRun.tokens > 0 && (
          <Fact name={fact.took}>
            {strings.took({ rows: lastRun.rows, rate: formatRate(lastRun.tokens / lastRun.seconds) })}
          </Fact>
        )}
      </dl>
    </div>
  );
}

interface FactProps {
  readonly name: string;
  readonly isAlive?: boolean;
  readonly children: string | number;
}

function Fact({ name, isAlive = false, children }: FactProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-alive={isAlive}>{children}</dd>
    </div>
  );
}

function sayTimeLeft(seconds: number): string {
  if (seconds < 60) return strings.secondsLeft({ seconds: Math.ceil(seconds) });
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? strings.minutesLeft({ minutes }) : strings.hoursLeft({ hours: Math.ceil(minutes / 60) });
}

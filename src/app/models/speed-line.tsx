/** How fast this device reads weights, once a person has had it measured; all expected speeds follow from it. */
import { formatBytes } from '../format';
import { speedOf } from '../state/offer-slice';
import { useApp } from '../state/use-app';
import { ProblemWords } from '../ui/problem-words';
import { strings } from './offer-strings';

export function SpeedLine() {
  const speed = useApp(speedOf);
  const hasDevice = useApp(({ device }) => device !== null);
  const measuring = useApp((state) => state.measuring);
  const problem = useApp((state) => state.measureProblem);
  const measureSpeed = useApp((state) => state.measureSpeed);
  if (!hasDevice) return null;
  return (
    <>
      <div className="page-line">
        {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
        <p role="status" className="card-line">
          {speed ? strings.speedKnown({ size: formatBytes(speed.bytesPerSecond.int4) }) : strings.speedUnknown}
        </p>
        <button
          type="button"
          className={speed ? 'quiet-button' : 'edged-button'}
          aria-disabled={measuring}
          onClick={() => void measureSpeed()}
        >
          {measuring ? strings.measuring : speed ? strings.measureAgain : strings.measure}
        </button>
      </div>
      {problem && (
        <div className="problem card-note" role="alert">
          <ProblemWords problem={problem} />
        </div>
      )}
    </>
  );
}

/** How far something under way has come: phase, bytes, speed and the time that is left, as a bar and in words. */
import { formatBytes, formatBytesOf } from '../format';
import type { PacedProgress } from '../state/pace';
import type { Row } from './row';
import { strings } from './strings';

interface ProgressProps {
  readonly label: string;
  readonly row: Row;
}

export function ModelProgress({ label, row }: ProgressProps) {
  const { progress, state } = row;
  if (!['getting', 'loading', 'verifying', 'exporting'].includes(state)) return null;
  const phase = strings.phase[progress?.phase ?? 'check'];
  const isCounted = progress !== null && progress.totalBytes > 0 && progress.phase !== 'compile';
  const figures = isCounted ? sayFigures(progress) : '';
  return (
    <div className="card-progress">
      <progress
        aria-label={strings.progressOf({ model: label, phase })}
        aria-valuetext={figures || phase}
        value={isCounted ? progress.loadedBytes / progress.totalBytes : undefined}
        max={1}
      />
      <p>
        <span className="phase">{phase}</span>
        {figures && <span>{figures}</span>}
      </p>
    </div>
  );
}

function sayFigures({ loadedBytes, totalBytes, bytesPerSecond, secondsLeft }: PacedProgress): string {
  return [
    formatBytesOf(loadedBytes, totalBytes),
    bytesPerSecond !== null && strings.speed({ size: formatBytes(bytesPerSecond) }),
    secondsLeft !== null && sayTimeLeft(secondsLeft),
  ]
    .filter(Boolean)
    .join(' · ');
}

function sayTimeLeft(seconds: number): string {
  if (seconds < 60) return strings.secondsLeft({ seconds: Math.ceil(seconds) });
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? strings.minutesLeft({ minutes }) : strings.hoursLeft({ hours: Math.ceil(minutes / 60) });
}

/** What the model thought: open while it thinks, with the time that has passed, and folded when it is done. */
import { useEffect, useEffectEvent, useRef, useState, type ReactNode } from 'react';
import { strings } from './strings';

interface ThinkingProps {
  /** The model is thinking now. */
  readonly live: boolean;
  /** How long it thought, if that is known from elsewhere (a chat that was stored). */
  readonly elapsedMs?: number | undefined;
  /** Called once when it has thought to the end while being shown. */
  readonly onThought?: ((elapsedMs: number) => void) | undefined;
  readonly children: ReactNode;
}

export function Thinking({ live, elapsedMs, onThought, children }: ThinkingProps) {
  const measuredMs = useElapsed(live, onThought);
  // null: nobody has touched it, so it follows the model.
  const [chosen, setChosen] = useState<boolean | null>(null);
  const open = chosen ?? live;
  const ms = elapsedMs ?? measuredMs;
  return (
    <details
      className="md-thinking"
      data-live={live}
      open={open}
      onToggle={(event) => {
        if (event.currentTarget.open !== open) setChosen(event.currentTarget.open);
      }}
    >
      <summary>
        <span>
          {live
            ? strings.thinking
            : ms === undefined
              ? strings.thought
              : strings.thoughtFor({ duration: duration(ms) })}
        </span>
        {live && ms !== undefined && <span className="md-elapsed">{duration(ms)}</span>}
      </summary>
      <div className="md-thought">{open && children}</div>
    </details>
  );
}

/** Counts whole seconds while `live`; undefined before the first of them. */
function useElapsed(live: boolean, onThought?: (elapsedMs: number) => void): number | undefined {
  const [elapsedMs, setElapsedMs] = useState<number>();
  const startMs = useRef<number | null>(null);
  const end = useEffectEvent((ms: number) => onThought?.(ms));
  useEffect(() => {
    if (!live) {
      if (startMs.current !== null) end(Date.now() - startMs.current);
      startMs.current = null;
      return;
    }
    const start = (startMs.current ??= Date.now());
    const timer = setInterval(() => setElapsedMs(Date.now() - start), 1000);
    return () => clearInterval(timer);
  }, [live]);
  return elapsedMs;
}

function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds < 60
    ? strings.seconds({ seconds })
    : strings.minutes({ minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
}

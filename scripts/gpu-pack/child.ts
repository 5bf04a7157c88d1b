/**
 * Everything in the pack that touches a driver runs in a process of its own: where a driver crashes or hangs, that part of the
 * run is lost and says so, and the next one begins.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a process did: its last message, and why there may be none. */
export interface Outcome<T> {
  readonly value: T | null;
  readonly failure: string | null;
}

/** Of what a process wrote to its standard error, the end is kept. */
const KEPT_TEXT = 2000;

/**
 * Runs a script of the pack until it ends.
 * @param script beside this one
 * @param onProgress called with messages of the form `{ progress }`
 */
export function runChild<T>(
  script: string,
  args: readonly string[],
  limitMs: number,
  onProgress: (line: string) => void = () => {},
): Promise<Outcome<T>> {
  if (limitMs <= 0) return Promise.resolve({ value: null, failure: 'not begun, for the time was over' });
  return new Promise((done) => {
    let value: T | null = null;
    let failure: string | null = null;
    let [said, progress] = ['', 'its start'];
    const child = fork(scriptPath(script), args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    const timer = setTimeout(() => {
      failure = `stopped after ${Math.round(limitMs / 1000)} s, when its time was over; the last it told was ${progress}`;
      child.kill('SIGKILL');
    }, limitMs);
    child.stderr?.on('data', (text: Buffer) => (said = (said + String(text)).slice(-KEPT_TEXT)));
    child.on('message', (message: { progress?: string; value?: T }) => {
      if (message.progress === undefined) value = message.value ?? null;
      else onProgress((progress = message.progress));
    });
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      if (value === null) failure ??= `ended with ${signal ?? `status ${status}`} after ${progress}: ${said.trim()}`;
      done({ value, failure });
    });
  });
}

/** Where a script of the pack lies. */
export function scriptPath(script: string): string {
  return fileURLToPath(new URL(script, import.meta.url));
}

/** In a child: hands the result over and ends, threads of a driver or not. */
export function finish(value: unknown): void {
  process.send?.({ value }, () => process.exit());
}

/** In a child: a line for the person who waits. */
export function tell(progress: string): void {
  process.send?.({ progress });
}

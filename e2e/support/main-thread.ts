/**
 * What the main thread of a page is busy with, from Chromium's own trace. Tasks are judged by the CPU time they took
 * themselves, which a machine that is busy with other things does not stretch as it stretches the time of the clock.
 */
import type { Browser, Page } from '@playwright/test';

/** What a person begins to feel: where https://w3c.github.io/longtasks/ draws the line. */
export const LONG_TASK_MS = 50;

export interface MainThreadTask {
  cpuMs: number;
  /** Since the first task of the trace. */
  atMs: number;
  /** What took most of it, the longest first, e.g. "FunctionCall 31 ms, MajorGC 12 ms". */
  what: string;
}

export interface MainThread {
  /** How many tasks ran at all. */
  count: number;
  cpuMs: number;
  longest: MainThreadTask;
  /** The tasks over `LONG_TASK_MS`. */
  long: MainThreadTask[];
}

/** A complete event of the trace; times are microseconds, `tdur` of the thread's own CPU time. */
interface TraceEvent {
  name: string;
  cat: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  tdur?: number;
  args?: { name?: string; chrome_mojo_event_info?: { mojo_interface_tag?: string } };
}

/** V8 tidies up when it takes the page for idle, as it does a page that waits for a busy machine; not counted. */
const IDLE_COLLECTION = 'V8.GCFinalizeMCReduceMemory';

const OWN_MARK = 'hearth-main-thread';
const CATEGORIES = ['__metadata', 'toplevel', 'blink.user_timing', 'devtools.timeline', 'v8', 'loading'];

/** Traces a page while the action runs. */
export async function traceMainThread(browser: Browser, page: Page, action: () => Promise<void>): Promise<MainThread> {
  await browser.startTracing(page, { categories: CATEGORIES });
  let trace: Buffer;
  try {
    await page.evaluate((mark) => performance.mark(mark), OWN_MARK); // tells this page's thread from others'
    await action();
  } finally {
    trace = await browser.stopTracing();
  }
  return readTrace((JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }).traceEvents);
}

function readTrace(events: readonly TraceEvent[]): MainThread {
  const mark = events.find(({ name }) => name === OWN_MARK);
  if (!mark) throw new Error('The trace does not hold the mark of the page, so its main thread is unknown.');
  const own = events
    .filter(({ ph, pid, tid }) => ph === 'X' && pid === mark.pid && tid === mark.tid)
    .sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
  const tasks: MainThreadTask[] = [];
  const beginUs = own[0]?.ts ?? 0;
  for (let index = 0; index < own.length;) {
    const task = own[index++] as TraceEvent;
    const endUs = task.ts + (task.dur ?? 0);
    const inside: TraceEvent[] = [];
    while (index < own.length && (own[index] as TraceEvent).ts < endUs) inside.push(own[index++] as TraceEvent);
    // What the test itself asks of the page is not the page's work.
    if ([task, ...inside].some(isAutomation)) continue;
    const tidyingUs = inside.find(({ name }) => name === IDLE_COLLECTION)?.tdur ?? 0;
    tasks.push({
      cpuMs: ((task.tdur ?? 0) - tidyingUs) / 1000,
      atMs: (task.ts - beginUs) / 1000,
      what: describe(inside),
    });
  }
  return {
    count: tasks.length,
    cpuMs: tasks.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    longest: tasks.reduce((a, b) => (a.cpuMs >= b.cpuMs ? a : b), { cpuMs: 0, atMs: 0, what: 'nothing' }),
    long: tasks.filter(({ cpuMs }) => cpuMs > LONG_TASK_MS),
  };
}

function isAutomation({ args }: TraceEvent): boolean {
  return args?.chrome_mojo_event_info?.mojo_interface_tag?.includes('DevToolsSession') === true;
}

function describe(inside: readonly TraceEvent[]): string {
  const named = inside.filter(({ cat, tdur = 0 }) => !cat.includes('toplevel') && tdur >= 1000);
  return named
    .sort((a, b) => (b.tdur ?? 0) - (a.tdur ?? 0))
    .slice(0, 6)
    .map(({ name, tdur = 0 }) => `${name} ${Math.round(tdur / 1000)} ms`)
    .join(', ');
}

/** The figures in a line, for whoever reads the test's output. */
export function sayMainThread(name: string, { count, cpuMs, longest }: MainThread): void {
  const figures = `${count} tasks, ${Math.round(cpuMs)} ms of CPU, the longest ${longest.cpuMs.toFixed(1)} ms`;
  console.log(`${name}: ${figures} (${longest.what})`);
}

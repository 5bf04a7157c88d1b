/**
 * The one error class of the house. Every failure a person or a caller can meet is a `HearthError`: a code to branch on,
 * a message that says what was found and what was expected, and a hint that says what to do next. Errors cross threads
 * through `protocol/errors.ts`; nothing else may turn an error into a string.
 */

/** What went wrong, in one word a program can branch on. */
export type ErrorCode =
  | 'webgpu-unavailable' // no adapter, and the model is too large for the CPU
  | 'insecure-context' // plain http from another machine: no WebGPU, no crypto.subtle, no service worker
  | 'adapter-too-small' // a limit of this adapter is below what the model needs
  | 'device-lost' // the GPU device went away
  | 'out-of-memory' // the GPU or the tab has no room
  | 'network' // the connection failed or broke off
  | 'not-found' // the server has no such file
  | 'bad-file' // a file is not what it claims to be (HTML instead of a model, a lying header, wrong JSON)
  | 'unsupported-model' // an architecture, weight type or tokenizer we do not know
  | 'weights-corrupt' // stored bytes fail their checksum
  | 'storage-full' // the browser refused to store more
  | 'context-overflow' // the prompt is longer than the context
  | 'bad-grammar' // a grammar or JSON schema that no answer can be held to
  | 'engine-elsewhere' // another tab of this site has the engine, which is in one tab at a time
  | 'engine-taken' // another tab has taken the engine over while something ran here
  | 'bad-request' // an argument is out of range
  | 'refused' // the person, or the owner of this site, does not allow it
  | 'rate-limited' // more was asked for than is allowed at once or in a while
  | 'aborted' // the caller asked us to stop
  | 'internal'; // a broken promise of our own code

export interface ErrorOptions {
  /** The next thing the person can do, as a full sentence. */
  hint?: string;
  cause?: unknown;
}

export class HearthError extends Error {
  override readonly name = 'HearthError';
  readonly code: ErrorCode;
  readonly hint: string;

  /** @param message what was found and what was expected, as a full sentence. */
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(shortened(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? DEFAULT_HINTS[code];
  }
}

/** Messages repeat names out of files, which are as long as strangers like; nobody reads more than this. */
const MAX_MESSAGE_CHARACTERS = 4000;

function shortened(message: string): string {
  return message.length <= MAX_MESSAGE_CHARACTERS ? message : `${message.slice(0, MAX_MESSAGE_CHARACTERS)}…`;
}

/** The next move for each code, used when the place that throws knows nothing better. */
const DEFAULT_HINTS: Record<ErrorCode, string> = {
  'webgpu-unavailable':
    'Use a current Chrome, Edge, Safari or Firefox with hardware acceleration on, or pick a smaller model.',
  'insecure-context': 'Open this page over https, or from the machine that serves it as http://localhost.',
  'adapter-too-small': 'Pick a smaller model or a shorter context.',
  'device-lost': 'Load the model again; the conversation is kept.',
  'out-of-memory': 'Close other tabs, or pick a smaller model or a shorter context.',
  network: 'Check the connection and try again; what has been downloaded is kept.',
  'not-found': 'Check the address of the model.',
  'bad-file': 'Check that the address leads to a model and not to a web page, then try again.',
  'unsupported-model': 'Pick another model.',
  'weights-corrupt': 'Delete the stored model and download it again.',
  'storage-full': 'Free some disk space or delete a stored model; this session goes on in memory.',
  'context-overflow': 'Shorten the message or start a new chat.',
  'bad-grammar': 'Correct the grammar and try again.',
  'engine-elsewhere': 'Use Hearth in that tab, or close it, or bring it here.',
  'engine-taken': 'Go on in that tab, or bring Hearth back here; what was said is kept.',
  'bad-request': 'Correct the argument and try again.',
  refused: 'Ask the person at the page to allow it.',
  'rate-limited': 'Ask again in a while.',
  aborted: 'Start again when you are ready.',
  internal: 'Reload the page; if it happens again, please report it with the details.',
};

/** True for errors that mean "the caller asked to stop": ours, and the DOM's AbortError. */
export function isAbort(error: unknown): boolean {
  if (error instanceof HearthError) return error.code === 'aborted';
  return error instanceof DOMException && error.name === 'AbortError';
}

/** What Chrome and Firefox, and what Safari says of a script that is fetched when it is needed and did not come. */
const MISSING_SCRIPT = /dynamically imported module|importing a module script failed/i;

/** Any thrown value as a HearthError; what is not ours becomes `internal` with the original as its cause. */
export function toHearthError(error: unknown): HearthError {
  if (error instanceof HearthError) return error;
  if (isAbort(error)) return new HearthError('aborted', 'The operation was stopped.', { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  if (MISSING_SCRIPT.test(message)) {
    const hint = 'Check the connection, then reload the page.'; // a newer build may have taken the place of this one
    return new HearthError('network', 'A part of Hearth could not be fetched.', { hint, cause: error });
  }
  return new HearthError('internal', message, { cause: error });
}

/** Throws `aborted` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new HearthError('aborted', 'The operation was stopped.', { cause: signal.reason });
}

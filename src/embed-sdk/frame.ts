/** The frame that Hearth lives in, and how the host finds out that it is really Hearth that answers. */
import { HearthError } from '../lib/errors';
import {
  EMBED_VERSION,
  type ConnectMessage,
  type EmbedTheme,
  type EmbedUse,
  type HelloMessage,
} from '../protocol/embed-api';
import { openConnection, type Connection } from './connection';

export interface FrameWishes {
  use: EmbedUse;
  model: string;
  theme: EmbedTheme;
  /** Gives up; the frame stays. */
  signal: AbortSignal;
  onPanel(height: number, isAsking: boolean): void;
}

/** Where this script came from is where Hearth is. */
const here = import.meta.url;
const page = new URL(`embed.html?v=${EMBED_VERSION}`, here);

/** From the end of loading to the first word; a slow machine may take a while to run the page's script. */
const HELLO_TIMEOUT_MS = 20_000;

/**
 * Loads Hearth into a frame and connects to it. What the caller has set on it (a place, a sandbox, `credentialless`) stays.
 * @throws HearthError `refused`; `insecure-context` in a sandbox without an origin; `network` when the frame does not answer.
 */
export async function connectFrame(frame: HTMLIFrameElement, wishes: FrameWishes): Promise<Connection> {
  const { signal, use, model, theme, onPanel } = wishes;
  frame.title ||= 'Hearth';
  frame.allow ||= 'clipboard-write; cross-origin-isolated; storage-access';
  const hello = waitForHello(frame, signal);
  frame.src = page.href;
  await hello;
  signal.throwIfAborted();
  const { port1, port2 } = new MessageChannel();
  const connect: ConnectMessage = { hearth: 'connect', version: EMBED_VERSION, use, model, theme };
  frame.contentWindow?.postMessage(connect, page.origin, [port2]);
  return openConnection({ port: port1, onPanel, signal });
}

function waitForHello(frame: HTMLIFrameElement, signal: AbortSignal): Promise<void> {
  const listening = new AbortController();
  return new Promise<void>((resolve, reject) => {
    const options = { signal: listening.signal };
    window.addEventListener(
      'message',
      ({ source, origin, data }) => {
        if (source !== frame.contentWindow || !isHello(data)) return;
        if (origin === 'null') reject(sandboxed());
        else if (origin !== page.origin) return;
        else if (data.version === EMBED_VERSION) resolve();
        else reject(otherVersion(data.version));
      },
      options,
    );
    // A page that was refused by a header counts as loaded, and says nothing.
    const timers: ReturnType<typeof setTimeout>[] = [];
    frame.addEventListener('load', () => timers.push(setTimeout(() => reject(silent()), HELLO_TIMEOUT_MS)), options);
    options.signal.addEventListener('abort', () => timers.forEach((timer) => clearTimeout(timer)));
    signal.addEventListener('abort', () => reject(signal.reason), options);
    if (signal.aborted) reject(signal.reason);
  }).finally(() => listening.abort());
}

function isHello(data: unknown): data is HelloMessage {
  return typeof data === 'object' && data !== null && 'hearth' in data && data.hearth === 'hello' && 'version' in data;
}

function sandboxed(): HearthError {
  return new HearthError(
    'insecure-context',
    'Hearth stands in a sandbox without an origin, where browsers withhold storage and the GPU.',
    { hint: 'Add allow-same-origin to the sandbox of its frame, and of the frames that this page stands in.' },
  );
}

function otherVersion(version: unknown): HearthError {
  return new HearthError(
    'bad-request',
    `The frame speaks version ${String(version)} of the embedding protocol; this page speaks ${EMBED_VERSION}.`,
    { hint: 'Reload the page, so that embed.js is fetched anew.' },
  );
}

function silent(): HearthError {
  return new HearthError('network', `The frame from ${page.origin} was loaded and said nothing.`, {
    hint: `Check that ${page.origin} can be reached, that its frame-ancestors allow this page, and that this page's own frame-src allows it.`,
  });
}

/**
 * How a frame and its host find each other: the frame says hello to whoever is above it, and the host answers with a port. Who
 * the host is, is what the browser says of the answer, never what the answer says itself.
 */
import { HearthError } from '../lib/errors';
import { EMBED_VERSION, type ConnectMessage, type HelloMessage } from '../protocol/embed-api';
import { readConnectMessage } from './messages';
import { toWireError } from './wire-error';

/** What the handshake needs of a window. */
export interface HandshakeWindow {
  parent: Pick<Window, 'postMessage'>;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void, options: { signal: AbortSignal }): void;
}

export interface Host {
  /** e.g. "https://example.com". */
  origin: string;
  port: MessagePort;
  wishes: Pick<ConnectMessage, 'use' | 'model' | 'theme'>;
}

/**
 * Waits for the host. Messages of other windows, of pages without an origin, and such as are no greeting are passed over.
 * @param frame the window of this frame
 * @throws HearthError `bad-request` where the host speaks another version; it hears of it too.
 */
export function shakeHands(frame: HandshakeWindow): Promise<Host> {
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    frame.addEventListener(
      'message',
      ({ source, origin, data, ports: [port] }) => {
        const wishes = readConnectMessage(data);
        if (source !== frame.parent || !URL.canParse(origin) || !wishes || !port) return;
        listening.abort();
        if (wishes.version === EMBED_VERSION) {
          resolve({ origin, port, wishes });
          return;
        }
        const error = otherVersion(wishes.version);
        refuseHost(port, error);
        reject(error);
      },
      { signal: listening.signal },
    );
    sayHello(frame);
  });
}

/** Also from a sandbox, so that the host learns why there will be no more. */
export function sayHello({ parent }: Pick<HandshakeWindow, 'parent'>): void {
  const hello: HelloMessage = { hearth: 'hello', version: EMBED_VERSION };
  parent.postMessage(hello, '*'); // who is above is not known yet, and this tells nothing
}

/** The last thing a host hears. */
export function refuseHost(port: MessagePort, error: HearthError): void {
  port.postMessage({ type: 'closed', error: toWireError(error) });
  port.close();
}

function otherVersion(version: number): HearthError {
  return new HearthError(
    'bad-request',
    `The page speaks version ${version} of the embedding protocol; this frame speaks ${EMBED_VERSION}.`,
    { hint: 'Reload the page, so that embed.js is fetched anew.' },
  );
}

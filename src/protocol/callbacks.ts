/** Callbacks that came across a thread hold a message port of their own until they are released. */
import * as Comlink from 'comlink';

/** Closes the port behind a callback; nothing happens to a function of this thread. */
export function releaseCallback(callback: object): void {
  (callback as Partial<Comlink.ProxyMethods>)[Comlink.releaseProxy]?.();
}

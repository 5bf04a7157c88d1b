/**
 * The one place that carries errors across a thread. Comlink sends a thrown Error as its name, message and stack; here
 * the code, the hint and the chain of causes go with it, so that a HearthError thrown in a worker is a HearthError in the page.
 * Both sides call `installErrorTransfer()` before the first call.
 */
import * as Comlink from 'comlink';
import { HearthError, type ErrorCode } from '../lib/errors';

/** An error as plain data. */
type WireError =
  | { kind: 'hearth'; code: ErrorCode; message: string; hint: string; stack?: string; cause?: WireError }
  | { kind: 'dom-exception'; name: string; message: string }
  | { kind: 'error'; name: string; message: string; stack?: string; cause?: WireError }
  | { kind: 'value'; value: unknown };

/** Comlink's own wrapper around what was thrown. */
interface Thrown {
  value: unknown;
}

/** Deeper causes are dropped: a chain this long is a loop. */
const MAX_CAUSES = 8;

/** Replaces Comlink's "throw" handler on this side of the thread. Calling it again changes nothing. */
export function installErrorTransfer(): void {
  const original = Comlink.transferHandlers.get('throw') as Comlink.TransferHandler<Thrown, unknown>;
  const handler: Comlink.TransferHandler<Thrown, WireError> = {
    canHandle: original.canHandle,
    serialize: ({ value }) => [packError(value), []],
    deserialize: (wire) => {
      throw unpackError(wire);
    },
  };
  Comlink.transferHandlers.set('throw', handler);
}

/** Any thrown value as plain data that structured cloning takes. */
export function packError(error: unknown, causesLeft = MAX_CAUSES): WireError {
  if (typeof DOMException !== 'undefined' && error instanceof DOMException) {
    return { kind: 'dom-exception', name: error.name, message: error.message };
  }
  if (!(error instanceof Error)) return { kind: 'value', value: isCloneable(error) ? error : String(error) };
  const cause = error.cause === undefined || causesLeft === 0 ? undefined : packError(error.cause, causesLeft - 1);
  const { message, stack } = error;
  return error instanceof HearthError
    ? { kind: 'hearth', code: error.code, message, hint: error.hint, stack, cause }
    : { kind: 'error', name: error.name, message, stack, cause };
}

/** The error again: same class, same fields, the stack of the thread that threw it. */
export function unpackError(wire: WireError): unknown {
  switch (wire.kind) {
    case 'value':
      return wire.value;
    case 'dom-exception':
      return new DOMException(wire.message, wire.name);
    case 'hearth': {
      const { code, message, hint, stack } = wire;
      return withStack(new HearthError(code, message, { hint, cause: unpackCause(wire.cause) }), stack);
    }
    case 'error': {
      const { name, message, stack } = wire;
      const error = new Error(message, wire.cause && { cause: unpackError(wire.cause) });
      return withStack(Object.assign(error, { name }), stack);
    }
  }
}

function unpackCause(cause: WireError | undefined): unknown {
  return cause === undefined ? undefined : unpackError(cause);
}

function withStack(error: Error, stack: string | undefined): Error {
  if (stack !== undefined) error.stack = stack;
  return error;
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

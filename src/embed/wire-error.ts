/** Errors as a host hears of them. */
import { toHearthError } from '../lib/errors';
import type { WireError } from '../protocol/embed-api';

/** Without stack and cause, which tell of the inside. */
export function toWireError(error: unknown): WireError {
  const { code, message, hint } = toHearthError(error);
  return { code, message, hint };
}

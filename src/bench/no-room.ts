import { type HearthError, toHearthError } from '../lib/errors';

/** Errors that say that this device is too small for a shape. */
export const NO_ROOM: readonly HearthError['code'][] = ['out-of-memory', 'adapter-too-small'];

/** What has been measured by then is worth more than what there is no room for. */
export function nullWithoutRoom(error: unknown): null {
  if (NO_ROOM.includes(toHearthError(error).code)) return null;
  throw error;
}

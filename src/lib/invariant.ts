import { HearthError } from './errors';

/** Asserts what our own code promises. A failure is a bug of ours, never of the input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new HearthError('internal', `Broken invariant: ${message}.`);
}

/** The value, or a broken invariant when it is null or undefined. */
export function present<T>(value: T | null | undefined, what: string): T {
  invariant(value !== null && value !== undefined, `${what} is missing`);
  return value;
}

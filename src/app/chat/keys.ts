/** Keys that mean something else to an input method. */
import type { KeyboardEvent } from 'react';

/** Safari ends a composition just before the Enter that accepted it; only the key code 229 tells that one apart. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.nativeEvent.isComposing || event.keyCode === 229;
}

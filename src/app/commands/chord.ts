/** Combinations of keys: which one an event is, and how a person reads it. */

export interface Chord {
  /** As `KeyboardEvent.key`, letters in lower case. */
  key: string;
  /** Ctrl, or Command on Apple's keyboards. */
  mod?: boolean;
  shift?: boolean;
}

type KeyEvent = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>;

/** @param isApple whether Command does what Ctrl does elsewhere. */
export function isChord(chord: Chord, event: KeyEvent, isApple: boolean): boolean {
  const { mod = false, shift = false } = chord;
  const [modKey, otherKey] = isApple ? [event.metaKey, event.ctrlKey] : [event.ctrlKey, event.metaKey];
  // A sign such as "?" says by itself whether Shift is needed for it, which differs between keyboards.
  const isSign = /^[^\p{L}\p{N}]$/u.test(chord.key);
  return (
    event.key.toLowerCase() === chord.key.toLowerCase() &&
    modKey === mod &&
    !otherKey &&
    !event.altKey &&
    (isSign || event.shiftKey === shift)
  );
}

/** The keys one by one, as they are printed on the keyboard: ["Ctrl", "Shift", "O"]. @param names of keys without a sign */
export function keyNames(
  { key, mod, shift }: Chord,
  isApple: boolean,
  names: Readonly<Record<string, string>>,
): string[] {
  const signs: Record<string, string> = { ArrowUp: '↑', ArrowDown: '↓', ...names };
  return [
    ...(mod ? [isApple ? '⌘' : (names['Control'] ?? 'Ctrl')] : []),
    ...(shift ? [isApple ? '⇧' : (names['Shift'] ?? 'Shift')] : []),
    signs[key] ?? (key.length === 1 ? key.toUpperCase() : key),
  ];
}

export function isAppleKeyboard(): boolean {
  return /Mac|iP(hone|ad|od)/.test(navigator.platform);
}

import { describe, expect, it } from 'vitest';
import { isChord, keyNames } from './chord';

const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey', boolean>> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
});

describe('a chord', () => {
  const newChat = { key: 'o', mod: true, shift: true };

  it('is Ctrl here and Command there, with exactly the keys it names', () => {
    expect(isChord(newChat, press('O', { ctrlKey: true, shiftKey: true }), false)).toBe(true);
    expect(isChord(newChat, press('O', { metaKey: true, shiftKey: true }), true)).toBe(true);
    expect(isChord(newChat, press('O', { ctrlKey: true, shiftKey: true }), true)).toBe(false);
    expect(isChord(newChat, press('o', { ctrlKey: true }), false)).toBe(false);
    expect(isChord(newChat, press('O', { ctrlKey: true, shiftKey: true, altKey: true }), false)).toBe(false);
    expect(isChord({ key: 'F6' }, press('F6'), false)).toBe(true);
    expect(isChord({ key: 'F6' }, press('F6', { shiftKey: true }), false)).toBe(false);
  });

  it('asks for the sign, however a keyboard makes it', () => {
    expect(isChord({ key: '?' }, press('?', { shiftKey: true }), false)).toBe(true);
    expect(isChord({ key: '?' }, press('?'), false)).toBe(true);
    expect(isChord({ key: '?' }, press('?', { ctrlKey: true }), false)).toBe(false);
  });

  it('reads as it is printed on the keys', () => {
    expect(keyNames(newChat, false, {})).toEqual(['Ctrl', 'Shift', 'O']);
    expect(keyNames(newChat, false, { Control: 'Strg', Shift: 'Umschalt' })).toEqual(['Strg', 'Umschalt', 'O']);
    expect(keyNames(newChat, true, {})).toEqual(['⌘', '⇧', 'O']);
    expect(keyNames({ key: 'Escape' }, false, { Escape: 'Esc' })).toEqual(['Esc']);
  });
});

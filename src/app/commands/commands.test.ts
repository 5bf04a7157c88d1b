import { expect, it } from 'vitest';
import { commands as english } from '../strings/en/commands';
import { commands } from './commands';

it('every command has a name, and every name a command', () => {
  expect(commands.map(({ id }) => id).sort()).toEqual(Object.keys(english.names).sort());
});

it('no two commands have the same keys', () => {
  const chords = commands.flatMap(({ chord }) => (chord ? [JSON.stringify([chord.key, chord.mod, chord.shift])] : []));
  expect(new Set(chords).size).toBe(chords.length);
});

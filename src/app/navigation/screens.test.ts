import { expect, it } from 'vitest';
import { addressOf, screenAt, screens } from './screens';

it('every screen has an address of its own that leads back to it', () => {
  expect(new Set(screens.map(addressOf)).size).toBe(screens.length);
  for (const screen of screens) expect(screenAt(addressOf(screen))).toBe(screen);
});

it('an address that names no screen is the chat', () => {
  for (const hash of ['', '#', '#/', '#/nothing', '#models', '#/models/']) expect(screenAt(hash)).toBe('chat');
});

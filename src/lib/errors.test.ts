import { describe, expect, it } from 'vitest';
import { HearthError, toHearthError } from './errors';

describe('what was thrown, as a HearthError', () => {
  it('stays what it is where it is ours, and is aborted where somebody stopped', () => {
    const ours = new HearthError('bad-file', 'A file lies.');
    expect(toHearthError(ours)).toBe(ours);
    expect(toHearthError(new DOMException('', 'AbortError')).code).toBe('aborted');
  });

  it.each([
    'Failed to fetch dynamically imported module: https://hearth.example/assets/words-1.js',
    'error loading dynamically imported module: https://hearth.example/assets/words-1.js',
    'Importing a module script failed.',
  ])('is of the network where a script did not come: %s', (message) => {
    const error = toHearthError(new TypeError(message));
    expect(error).toMatchObject({ code: 'network', hint: expect.stringMatching(/reload/) });
  });

  it('is internal otherwise, with the first error as its cause', () => {
    const cause = new TypeError('x is undefined');
    expect(toHearthError(cause)).toMatchObject({ code: 'internal', message: 'x is undefined', cause });
    expect(toHearthError('nothing')).toMatchObject({ code: 'internal', message: 'nothing' });
  });
});

it('a message is no longer than a person reads, whatever a file has put into it', () => {
  const { message } = new HearthError('bad-file', `Tensor "${'x'.repeat(1e6)}" is not known.`);
  expect(message.length).toBeLessThan(5000);
  expect(message).toMatch(/^Tensor "x+…$/);
});

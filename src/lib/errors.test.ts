import { expect, it } from 'vitest';
import { HearthError } from './errors';

it('a message is no longer than a person reads, whatever a file has put into it', () => {
  const { message } = new HearthError('bad-file', `Tensor "${'x'.repeat(1e6)}" is not known.`);
  expect(message.length).toBeLessThan(5000);
  expect(message).toMatch(/^Tensor "x+…$/);
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLog, type LogEntry } from './log';

it('keeps the last entries in order, whatever their number', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(100), (capacity, count) => {
      const log = createLog('page', capacity);
      for (let index = 0; index < count; index++) log.info('step', { index });
      const kept = log.entries().map(({ details }) => details['index']);
      const expected = Array.from({ length: count }, (_, index) => index).slice(-capacity);
      expect(kept).toEqual(expected);
    }),
  );
});

it('takes in entries of other threads as they are, and tells who listens', () => {
  const log = createLog('page');
  const heard: LogEntry[] = [];
  const stop = log.listen((entry) => heard.push(entry));
  const foreign: LogEntry = { time: 1, level: 'error', thread: 'engine', event: 'device-lost', details: {} };
  log.take(foreign);
  log.warning('storage-full');
  stop();
  log.info('unheard');
  expect(log.entries()[0]).toBe(foreign);
  expect(heard.map(({ event, level, thread }) => [event, level, thread])).toEqual([
    ['device-lost', 'error', 'engine'],
    ['storage-full', 'warning', 'page'],
  ]);
});

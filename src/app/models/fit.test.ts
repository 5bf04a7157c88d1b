import { describe, expect, it } from 'vitest';
import type { DeviceReport } from '../../client';
import { addNeeds, fitOf, needOf, type Need } from './fit';

const GB = 1e9;
const webgpu = (limits: Record<string, number>): DeviceReport => ({
  kind: 'webgpu',
  adapter: 'test',
  reason: null,
  features: [],
  limits,
});
const cpu: DeviceReport = { kind: 'cpu', adapter: 'CPU', reason: 'test', features: [], limits: {} };
const need = (part: Partial<Need>): Need => ({ bytes: 1, largestBufferBytes: 1, runsOnProcessor: false, ...part });

describe('what fits', () => {
  const device = webgpu({ maxBufferSize: 2 * GB, maxStorageBufferBindingSize: GB });

  it.each([
    ['what stays below one buffer in all', { bytes: 2 * GB, largestBufferBytes: GB }, 'fits'],
    ['what does not', { bytes: 2 * GB + 1, largestBufferBytes: GB }, 'tight'],
    ['a piece beyond the binding limit', { bytes: 2 * GB, largestBufferBytes: GB + 1 }, 'no'],
  ])('on a graphics adapter: %s', (_name, part, verdict) => {
    expect(fitOf(need(part), device).verdict).toBe(verdict);
  });

  it('on the processor is what is small enough for it', () => {
    expect(fitOf(need({ runsOnProcessor: true }), cpu)).toMatchObject({ verdict: 'fits', because: 'processor' });
    expect(fitOf(need({}), cpu)).toMatchObject({ verdict: 'no', because: 'needs-adapter' });
  });
});

const report = {
  modelId: 'm',
  state: 'stored' as const,
  fetching: false,
  storedBytes: 100,
  keptBytes: 0,
  weightBytes: 100,
  parameterCount: 200,
  runsOnProcessor: true,
  contexts: [
    { contextLength: 256, bytes: 10, largestBufferBytes: 1, readBytes: 5 },
    { contextLength: 1000, bytes: 40, largestBufferBytes: 4, readBytes: 20 },
  ],
  defaultContextLength: 1000,
  precision: null,
  readBytes: { int4: 0, int8: 0, float: 0 },
  layers: 1,
  from: null,
  source: null,
};

it('a need is weights and context; a length between two choices counts as the larger', () => {
  expect(needOf(report, 256)).toMatchObject({ bytes: 110, largestBufferBytes: 1 });
  expect(needOf(report, 300)).toMatchObject({ bytes: 140, largestBufferBytes: 4 });
  expect(needOf(report, 5000)).toMatchObject({ bytes: 140 });
  expect(needOf({ ...report, contexts: [] }, 256)).toBeNull();
});

it('needs add up, and the pickiest counts', () => {
  const sum = addNeeds([need({ bytes: 3, largestBufferBytes: 2, runsOnProcessor: true }), need({ bytes: 4 })]);
  expect(sum).toEqual({ bytes: 7, largestBufferBytes: 2, runsOnProcessor: false });
});

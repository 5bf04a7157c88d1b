import { describe, expect, it } from 'vitest';
import { findingsOf, logLine, reportText, type DiagnosticsReport } from './report';

const good: DiagnosticsReport = {
  version: '1.2.3',
  browser: 'Chrome/156',
  languages: ['en'],
  secureContext: true,
  isolated: true,
  device: {
    kind: 'webgpu',
    adapter: 'nvidia hopper',
    reason: null,
    features: ['shader-f16'],
    limits: { maxBufferSize: 4 },
  },
  engineError: null,
  tuning: {
    isOn: true,
    points: [{ point: 'rows=1', variant: 'workgroup=64', gain: 1.239, refused: ['workgroup=8'] }],
  },
  processors: 8,
  memoryGigabytes: 16,
  window: { width: 800, height: 600, pixelRatio: 2 },
  storage: { usageBytes: 5, details: { indexedDB: 4 }, persisted: true, works: true },
  serviceWorker: true,
};
const noAdapter = {
  kind: 'cpu',
  adapter: 'CPU (no WebGPU adapter)',
  reason: 'None.',
  features: [],
  limits: {},
} as const;
const kinds = (changes: Partial<DiagnosticsReport>) => findingsOf({ ...good, ...changes }).map(({ kind }) => kind);

describe('findings', () => {
  it('are good where all is well', () => {
    expect(kinds({})).toEqual(['gpu', 'stored', 'kept', 'offlineReady']);
  });

  it('say what is missing', () => {
    const device = { ...noAdapter, features: [] };
    expect(kinds({ device })).toContain('noGpu');
    expect(kinds({ device: null, engineError: 'It broke.' })[0]).toBe('engineFailed');
    expect(kinds({ device: { ...good.device!, adapter: 'google swiftshader' } })).toContain('softwareGpu');
    expect(kinds({ storage: { ...good.storage, works: false } })).toEqual(['gpu', 'notStored', 'offlineReady']);
    expect(kinds({ storage: { ...good.storage, persisted: false }, serviceWorker: false })).toEqual([
      'gpu',
      'stored',
      'mayBeCleared',
      'offlineNotReady',
    ]);
  });

  it('name plain http as the one reason for what it withholds', () => {
    const device = { ...noAdapter, features: [] };
    expect(kinds({ secureContext: false, device, serviceWorker: false })).toEqual(['insecure', 'stored', 'kept']);
  });
});

describe('the text to be copied', () => {
  const entry = {
    time: Date.UTC(2026, 10, 21, 11, 2, 3),
    level: 'info',
    thread: 'engine',
    event: 'model-loaded',
    details: { modelId: 'tales', ms: 4 },
  } as const;

  it('has an entry of the log in one line', () => {
    expect(logLine(entry)).toBe('2026-11-21T11:02:03.000Z engine info model-loaded modelId="tales" ms=4');
    expect(logLine({ ...entry, details: { message: 'two\nlines' } })).not.toContain('\n');
  });

  it('has every figure of the report', () => {
    const text = reportText(good, 'tales', [entry]);
    for (const part of [
      '1.2.3',
      'Chrome/156',
      'nvidia hopper',
      'shader-f16',
      'maxBufferSize: 4',
      '800',
      'indexedDB: 4',
      '1.24 × rows=1: workgroup=64, wrong: workgroup=8',
    ])
      expect(text).toContain(part);
    expect(text.endsWith(logLine(entry))).toBe(true);
  });

  it('can be made when the engine did not start', () => {
    expect(reportText({ ...good, device: null, engineError: 'It broke.' }, null, [])).toContain('It broke.');
  });
});

import { describe, expect, it } from 'vitest';
import type { LocalModel, ModelReport } from '../../client';
import { defaultSettings } from '../settings/settings';
import type { ModelState } from '../state/model-slice';
import type { PacedProgress } from '../state/pace';
import { labelOf } from './names';
import { rowOf } from './row';

const report = (part: Partial<ModelReport> = {}): ModelReport => ({
  modelId: 'tales',
  state: 'stored',
  fetching: false,
  storedBytes: 1,
  keptBytes: 0,
  weightBytes: 1,
  parameterCount: 1,
  runsOnProcessor: true,
  contexts: [],
  defaultContextLength: 1024,
  precision: null,
  vocabulary: null,
  readBytes: { int4: 0, int8: 0, float: 0 },
  layers: 1,
  from: null,
  source: null,
  ...part,
});

const progress = (phase: PacedProgress['phase']): PacedProgress => ({
  phase,
  loadedBytes: 1,
  totalBytes: 2,
  bytesPerSecond: null,
  secondsLeft: null,
});

const model = { id: 'tales', contextLength: 1024, draftModelId: null } as LocalModel;
const absent: ModelState = { kind: 'absent' };
const loading = (phase: PacedProgress['phase'] | null): ModelState => ({
  kind: 'loading',
  progress: phase && progress(phase),
});
const nothing = {
  transfers: new Map(),
  modelId: 'tales',
  modelState: absent,
  loadedModels: new Map(),
  contextLengths: {},
  modelReports: null,
  settings: defaultSettings,
};

describe('a row', () => {
  it.each([
    [{ state: 'absent' }, 'absent', 'get'],
    [{ state: 'partial' }, 'paused', 'resume'],
    [{ state: 'stored' }, 'here', 'load'],
    [{ state: 'in-memory' }, 'inMemory', 'load'],
    [{ state: 'partial', fetching: true }, 'elsewhere', null],
  ] as const)('at rest: %j', (part, state, action) => {
    expect(rowOf(nothing, report(part))).toMatchObject({ state, action, progress: null });
  });

  it.each([
    ['get', 'getting', 'pause'],
    ['verify', 'verifying', 'cancel'],
    ['export', 'exporting', 'cancel'],
  ] as const)('of which this tab does something: %s', (kind, state, action) => {
    const transfers = new Map([['tales', { kind, progress: progress('verify') }]]);
    const source = { ...nothing, transfers, loadedModels: new Map([['tales', model]]) };
    expect(rowOf(source, report({ fetching: true }))).toMatchObject({ state, action, progress: progress('verify') });
  });

  it.each([
    ['check', 'absent', 'getting', 'pause'],
    ['download', 'absent', 'getting', 'pause'],
    ['wait', 'partial', 'getting', 'pause'],
    ['upload', 'absent', 'loading', 'cancel'],
    ['compile', 'stored', 'loading', 'cancel'],
    ['check', 'stored', 'loading', 'cancel'],
    [null, 'absent', 'loading', 'cancel'],
  ] as const)('that is being loaded, at %s of one that is %s', (phase, held, state, action) => {
    const source = { ...nothing, modelState: loading(phase) };
    expect(rowOf(source, report({ state: held }))).toMatchObject({ state, action });
    expect(rowOf({ ...source, modelId: 'other' }, report({ state: 'stored' })).state).toBe('here');
  });

  it('in memory is in use, or beside the one in use, or behind a newly chosen context', () => {
    const source = { ...nothing, loadedModels: new Map([['tales', model]]) };
    const ready: ModelState = { kind: 'ready', model };
    expect(rowOf({ ...source, modelState: ready }, report())).toMatchObject({ state: 'inUse', action: 'unload' });
    expect(rowOf({ ...source, modelId: 'other' }, report())).toMatchObject({ state: 'loaded', action: 'use' });
    const contextLengths = { tales: 256 };
    expect(rowOf({ ...source, modelState: ready, contextLengths }, report())).toMatchObject({
      state: 'inUse',
      action: 'loadAgain',
    });
    // Its stored bytes may have been deleted by another tab.
    expect(rowOf({ ...source, modelState: ready }, report({ state: 'absent' })).state).toBe('inUse');
  });
});

it('a model has a name, whether the catalogue knows it or not', () => {
  expect(labelOf({}, 'tales-draft')).toBe('Tales Draft');
  expect(labelOf({}, 'https://hub.example/some-one/some-model/')).toBe('some-model');
  expect(labelOf({}, 'https://hub.example/some-one/some-model/resolve/main/')).toBe('some-model');
  expect(labelOf({}, 'some-one/some-model:Some-Q4_K_M.gguf')).toBe('Some-Q4_K_M');
  expect(labelOf({}, 'file:///My%20model')).toBe('My model');
  expect(labelOf({}, 'file:///My%20model.hearth.safetensors')).toBe('My model');
  expect(labelOf({}, 'mine')).toBe('mine');
  expect(labelOf({ tales: 'Stories' }, 'tales')).toBe('Stories');
});

/** With an engine that lets a draft model guess ahead. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LocalModel, ModelReport } from '../../client';
import { defaultSettings } from '../settings/settings';
import { draftOf, draftToGet, wantedDraft } from './draft';
import { isLoadedAsWanted, rowOf } from './row';

const speculation = vi.hoisted(() => ({ SPECULATION: true }));
vi.mock('../../client/speculation', () => speculation);

beforeEach(() => void (speculation.SPECULATION = true));
afterEach(() => void (speculation.SPECULATION = false));

const withDraft = { ...defaultSettings, useDraft: true };
const loadedWith = (draftModelId: string | null) => ({ id: 'tales', contextLength: 1024, draftModelId }) as LocalModel;

describe('the draft of a model', () => {
  it('is the one the catalogue names, if a person wants it', () => {
    const wanted = (settings: typeof withDraft, modelId: string) => wantedDraft({ settings, modelReports }, modelId);
    const modelReports = null;
    expect(wanted(withDraft, 'tales')).toBe('tales-draft');
    expect(wanted(defaultSettings, 'tales')).toBeNull();
    expect(wanted(withDraft, 'tales-draft')).toBeNull();
    expect(wanted(withDraft, 'https://hub.example/mine/')).toBeNull();
  });

  const held = (modelId: string, parameterCount: number, part: Partial<ModelReport> = {}) =>
    ({ modelId, parameterCount, state: 'stored', vocabulary: 'a', ...part }) as ModelReport;

  it('comes from another site only when it is here already', () => {
    const [large, small] = ['smollm2-360m', 'smollm2-135m'];
    const absent = [held(large, 360e6), held(small, 135e6, { state: 'absent', vocabulary: null })];
    expect(draftOf({ modelReports: absent }, large)).toBeNull();
    expect(draftToGet({ modelReports: absent }, large)).toBe(small);
    const here = [held(large, 360e6), held(small, 135e6)];
    expect(draftOf({ modelReports: here }, large)).toBe(small);
    expect(draftToGet({ modelReports: here }, large)).toBeNull();
    const others = [held(large, 360e6), held(small, 135e6, { vocabulary: 'b' })];
    expect(draftOf({ modelReports: others }, large)).toBeNull();
  });

  it('is the largest of the same vocabulary that is a quarter of the size, where the catalogue names none', () => {
    const modelReports = [
      held('mine', 4e9),
      held('too large', 1.1e9),
      held('best', 1e9),
      held('smaller', 0.5e9),
      held('in other tokens', 0.9e9, { vocabulary: 'b' }),
      held('not here', 0.95e9, { state: 'absent' }),
    ];
    expect(draftOf({ modelReports }, 'mine')).toBe('best');
    expect(draftOf({ modelReports }, 'smaller')).toBeNull();
    expect(draftOf({ modelReports: [held('mine', 4e9, { vocabulary: null }), held('best', 1e9)] }, 'mine')).toBeNull();
  });

  it('is never spoken of where the engine has no use for it', () => {
    speculation.SPECULATION = false;
    expect(wantedDraft({ settings: withDraft, modelReports: null }, 'tales')).toBeNull();
  });

  it('asks for loading again when it is chosen or no longer wanted', () => {
    const choice = (settings: typeof withDraft) => ({ contextLengths: {}, settings, modelReports: null });
    expect(isLoadedAsWanted(choice(withDraft), loadedWith('tales-draft'))).toBe(true);
    expect(isLoadedAsWanted(choice(withDraft), loadedWith(null))).toBe(false);
    expect(isLoadedAsWanted(choice(defaultSettings), loadedWith('tales-draft'))).toBe(false);
    const model = loadedWith(null);
    const state = {
      transfers: new Map(),
      modelId: 'tales',
      modelState: { kind: 'ready', model } as const,
      loadedModels: new Map([['tales', model]]),
      contextLengths: {},
      modelReports: null,
    };
    const report = { modelId: 'tales', state: 'stored' } as ModelReport;
    expect(rowOf({ ...state, settings: withDraft }, report).action).toBe('loadAgain');
    expect(rowOf({ ...state, settings: defaultSettings }, report).action).toBe('unload');
  });
});

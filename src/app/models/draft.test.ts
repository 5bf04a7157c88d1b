/** With an engine that lets a draft model guess ahead. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LocalModel, ModelReport } from '../../client';
import { defaultSettings } from '../settings/settings';
import { wantedDraft } from './draft';
import { isLoadedAsWanted, rowOf } from './row';

const speculation = vi.hoisted(() => ({ SPECULATION: true }));
vi.mock('../../client/speculation', () => speculation);

beforeEach(() => void (speculation.SPECULATION = true));
afterEach(() => void (speculation.SPECULATION = false));

const withDraft = { ...defaultSettings, useDraft: true };
const loadedWith = (draftModelId: string | null) => ({ id: 'tales', contextLength: 1024, draftModelId }) as LocalModel;

describe('the draft of a model', () => {
  it('is the one the catalogue names, if a person wants it', () => {
    expect(wantedDraft(withDraft, 'tales')).toBe('tales-draft');
    expect(wantedDraft(defaultSettings, 'tales')).toBeNull();
    expect(wantedDraft(withDraft, 'tales-draft')).toBeNull();
    expect(wantedDraft(withDraft, 'https://hub.example/mine/')).toBeNull();
  });

  it('is never spoken of where the engine has no use for it', () => {
    speculation.SPECULATION = false;
    expect(wantedDraft(withDraft, 'tales')).toBeNull();
  });

  it('asks for loading again when it is chosen or no longer wanted', () => {
    const choice = (settings: typeof withDraft) => ({ contextLengths: {}, settings });
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

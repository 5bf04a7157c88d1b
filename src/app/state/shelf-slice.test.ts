import { afterEach, describe, expect, it, vi } from 'vitest';
import { catalog } from '../../catalog/catalog';
import { fakeDevice, type FakeImporterOptions } from '../../client/testing/fake-engine';
import { HearthError } from '../../lib/errors';
import { createFakeStorage } from '../chats/testing/fake-places';
import type { FileSink } from '../models/file-sink';
import { modelLabel } from './model-slice';
import type { AppState } from './store';
import { closePages, openPage } from './testing/page';

const speculation = vi.hoisted(() => ({ SPECULATION: false }));
vi.mock('../../client/speculation', () => speculation);

afterEach(() => {
  closePages();
  speculation.SPECULATION = false;
});

const webgpu = (maxBufferSize: number) => ({
  ...fakeDevice,
  kind: 'webgpu' as const,
  limits: { maxBufferSize, maxStorageBufferBindingSize: maxBufferSize },
});

const stateOf = (state: AppState, modelId: string) =>
  state.modelReports?.find((report) => report.modelId === modelId)?.state;
const never = new Promise<void>(() => {});

describe('the shelf', () => {
  it('has what can be had, what is here, and what nobody knows', async () => {
    const { state } = openPage({ imports: { stored: ['tales', 'http://hub.example/x/'] } });
    await state().openShelf();
    expect(state().modelReports?.map(({ modelId }) => modelId)).toEqual([
      ...catalog.map(({ id }) => id),
      'http://hub.example/x/',
    ]);
    expect(state().modelReports?.filter((report) => report.state === 'stored')).toHaveLength(2);
    expect(state().device).toEqual(fakeDevice);
  });

  it('says why it cannot be read, and reads at the next try', async () => {
    const { state, importer } = openPage();
    const { report } = importer;
    importer.report = async () => {
      throw new HearthError('internal', 'Out of order.');
    };
    await state().openShelf();
    expect(state()).toMatchObject({ modelReports: null, shelfProblem: { message: 'Out of order.' } });
    importer.report = report;
    await state().openShelf();
    expect(state()).toMatchObject({ shelfProblem: null });
    expect(state().modelReports).toHaveLength(catalog.length);
  });

  it('hears of what another tab has done', async () => {
    const { state, importer, until } = openPage({ imports: { fetchedElsewhere: ['tales-draft'] } });
    await state().openShelf();
    expect(state().modelReports?.[1]).toMatchObject({ state: 'absent', fetching: true });
    importer.changeElsewhere('tales-draft', 'stored');
    await until((now) => stateOf(now, 'tales-draft') === 'stored');
    expect(state().modelReports?.[1]).toMatchObject({ fetching: false });
  });
});

describe('getting a model', () => {
  it('goes through phases and ends on this machine, not loaded', async () => {
    let arrive = () => {};
    const downloaded = new Promise<void>((resolve) => (arrive = resolve));
    const { state, until, engine } = openPage({ imports: { downloaded } });
    await state().openShelf();
    const getting = state().getModel('tales-draft');
    await until(({ transfers }) => transfers.get('tales-draft')?.progress?.phase === 'download');
    arrive();
    await getting;
    expect(state().transfers.size).toBe(0);
    expect(stateOf(state(), 'tales-draft')).toBe('stored');
    expect(state().shelfNews).toEqual({ kind: 'here', modelId: 'tales-draft' });
    expect(engine.calls).toEqual([]);
  });

  it('is paused, keeps what it has, and is resumed', async () => {
    const options: FakeImporterOptions = { downloaded: never };
    const { state, until, importer } = openPage({ imports: options });
    await state().openShelf();
    const getting = state().getModel('tales-draft');
    await until(({ transfers }) => transfers.get('tales-draft')?.progress?.phase === 'download');
    state().pauseModel('tales-draft');
    await getting;
    expect(stateOf(state(), 'tales-draft')).toBe('partial');
    expect(state()).toMatchObject({ problem: null, shelfNews: { kind: 'paused' } });
    expect(state().modelNotes.size).toBe(0);
    importer.stored.add('tales-draft');
    await state().getModel('tales-draft');
    expect(stateOf(state(), 'tales-draft')).toBe('stored');
  });

  it.each(['under way', 'paused'])('is given up while it is %s, and nothing of it is kept', async (when) => {
    const { state, until, importer } = openPage({ imports: { downloaded: never } });
    await state().openShelf();
    const getting = state().getModel('tales-draft');
    await until(({ transfers }) => transfers.get('tales-draft')?.progress?.phase === 'download');
    if (when === 'paused') {
      state().pauseModel('tales-draft');
      await getting;
      expect(stateOf(state(), 'tales-draft')).toBe('partial');
    }
    await state().discardModel('tales-draft');
    await getting;
    expect(stateOf(state(), 'tales-draft')).toBe('absent');
    expect(state()).toMatchObject({ problem: null, shelfNews: { kind: 'discarded' } });
    expect(state().transfers.size).toBe(0);
    expect(importer.calls.at(-1)).toBe('cancel tales-draft');
  });

  it('tells beside the model what went wrong, until the next try', async () => {
    const { state } = openPage({ imports: { errors: [new HearthError('network', 'Broken off.')] } });
    await state().openShelf();
    await state().getModel('tales-draft');
    expect(state().modelNotes.get('tales-draft')).toMatchObject({ kind: 'problem', error: { code: 'network' } });
    expect(state().problem).toBeNull(); // the chat is not concerned
    await state().getModel('tales-draft');
    expect(state().modelNotes.size).toBe(0);
  });

  it('tells when nothing could be stored', async () => {
    const { state } = openPage({ imports: { warning: 'The disk is full.' } });
    await state().getModel('tales-draft');
    expect(state().modelNotes.get('tales-draft')).toEqual({ kind: 'warning', text: 'The disk is full.' });
  });

  it('for the chat and on the shelf is one wish for each', async () => {
    const { state, importer } = openPage();
    await Promise.all([state().getModel('tales'), state().getModel('tales')]);
    expect(importer.calls.filter((call) => call.startsWith('ensure'))).toHaveLength(1);
  });
});

describe('exporting a model', () => {
  function createSink() {
    const calls: string[] = [];
    let content = '';
    const sink: FileSink = {
      write: async (bytes) => void (content += new TextDecoder().decode(bytes)),
      close: async () => void calls.push(`close ${content}`),
      abort: async () => void calls.push('abort'),
    };
    return { calls, openSink: () => Promise.resolve(sink) };
  }

  it('writes all of it into one file', async () => {
    const { state } = openPage({ imports: { stored: ['tales'] } });
    const { calls, openSink } = createSink();
    await state().exportModel('tales', openSink);
    expect(calls).toEqual(['close all of tales']);
    expect(state()).toMatchObject({ shelfNews: { kind: 'exported', modelId: 'tales' } });
    expect(state().transfers.size).toBe(0);
  });

  it('that fails leaves no file, and says why', async () => {
    const { state } = openPage({
      imports: { stored: ['tales'], errors: [new HearthError('weights-corrupt', 'Torn.')] },
    });
    const { calls, openSink } = createSink();
    await state().exportModel('tales', openSink);
    expect(calls).toEqual(['abort']);
    expect(state().modelNotes.get('tales')).toMatchObject({ kind: 'problem', error: { code: 'weights-corrupt' } });
  });

  it('is given up with the choice of a place', async () => {
    const { state, importer } = openPage({ imports: { stored: ['tales'] } });
    await state().exportModel('tales', () => Promise.reject(new DOMException('No place.', 'AbortError')));
    expect(importer.calls.filter((call) => call.startsWith('export'))).toEqual([]);
    expect(state().modelNotes.size).toBe(0);
    expect(state().transfers.size).toBe(0);
  });
});

describe('using a model', () => {
  it('lets the present one stay where both fit', async () => {
    const { state, engine } = openPage({ device: webgpu(1e9) });
    await state().openShelf();
    await state().begin();
    expect(state().modelsLeavingFor('tales-draft')).toEqual([]);
    await state().useModel('tales-draft');
    expect([...state().loadedModels.keys()]).toEqual(['tales', 'tales-draft']);
    expect(state().modelId).toBe('tales-draft');
    await state().useModel('tales');
    expect(engine.calls).toEqual(['load tales', 'load tales-draft']);
    expect(state()).toMatchObject({ modelState: { kind: 'ready', model: { id: 'tales' } } });
  });

  it('unloads the present one where they may not fit together, and only when the other one is here', async () => {
    let arrive = () => {};
    const downloaded = new Promise<void>((resolve) => (arrive = resolve));
    const imports = { stored: ['tales'], downloaded };
    const { state, engine, until } = openPage({ device: webgpu(9_000_000), imports });
    await state().openShelf();
    await state().begin();
    expect(state().modelsLeavingFor('tales-draft')).toEqual(['tales']);
    const using = state().useModel('tales-draft');
    await until(({ modelState }) => modelState.kind === 'loading' && modelState.progress !== null);
    expect([...state().loadedModels.keys()]).toEqual(['tales']);
    arrive();
    await using;
    expect(engine.calls).toEqual(['load tales', 'unload tales', 'load tales-draft']);
    expect([...state().loadedModels.keys()]).toEqual(['tales-draft']);
  });

  it('loads it again when a draft was chosen or given up meanwhile', async () => {
    speculation.SPECULATION = true;
    const { state, engine } = openPage({ device: webgpu(1e9) });
    await state().openShelf();
    await state().begin();
    state().changeSettings({ useDraft: true });
    await state().useModel('tales');
    expect(state().modelState).toMatchObject({ kind: 'ready', model: { draftModelId: 'tales-draft' } });
    state().changeSettings({ useDraft: false });
    await state().useModel('tales');
    expect(engine.calls.filter((call) => call.startsWith('load'))).toEqual([
      'load tales',
      'load tales with tales-draft',
      'load tales',
    ]);
  });

  it('makes room also where nothing is known of the sizes', async () => {
    const { state } = openPage();
    await state().begin();
    expect(state().modelsLeavingFor('tales-draft')).toEqual(['tales']);
  });

  it('tells on the shelf and in the chat what went wrong', async () => {
    const { state } = openPage({ loadErrors: [new HearthError('out-of-memory', 'No room.')] });
    await state().openShelf();
    await state().useModel('tales-draft');
    expect(state().modelNotes.get('tales-draft')).toMatchObject({ kind: 'problem', error: { message: 'No room.' } });
    expect(state()).toMatchObject({ problem: { message: 'No room.' }, shelfNews: { kind: 'failed' } });
  });

  it('is given up in the middle of the download, and what came stays', async () => {
    const { state, until } = openPage({ imports: { downloaded: never } });
    await state().openShelf();
    const using = state().useModel('tales-draft');
    await until(({ modelState }) => modelState.kind === 'loading' && modelState.progress !== null);
    state().pauseModel('tales-draft');
    await using;
    expect(state()).toMatchObject({ modelState: { kind: 'absent' }, problem: null });
    expect(state().shelfNews).toEqual({ kind: 'paused', modelId: 'tales-draft' });
    expect(state().modelNotes.size).toBe(0);
    await until((now) => stateOf(now, 'tales-draft') === 'partial');
  });

  it('that the catalogue does not know goes back to where it came from', async () => {
    const id = 'somebodys-model';
    const { state, importer } = openPage({ imports: { stored: [id] } });
    await state().openShelf();
    await state().useModel(id);
    expect(importer.calls.at(-1)).toBe(`ensure ${id} http://localhost/models/${id}/`);
    expect(state()).toMatchObject({ modelId: id, modelState: { kind: 'ready' } });
  });
});

describe('putting away', () => {
  it('gives the memory back, and the next message loads again', async () => {
    const { state, engine } = openPage();
    await state().begin();
    await state().putAway('tales');
    expect(engine.calls).toEqual(['load tales', 'unload tales']);
    expect(state()).toMatchObject({ modelState: { kind: 'absent' }, shelfNews: { kind: 'unloaded' } });
    await state().send('Hello');
    expect(engine.calls.slice(2, 3)).toEqual(['load tales']);
  });

  it('leaves the selected model alone when it was another one', async () => {
    const { state } = openPage({ device: webgpu(1e9) });
    await state().openShelf();
    await state().begin();
    await state().useModel('tales-draft');
    await state().putAway('tales');
    expect(state()).toMatchObject({ modelId: 'tales-draft', modelState: { kind: 'ready' } });
    expect([...state().loadedModels.keys()]).toEqual(['tales-draft']);
  });
});

describe('another name', () => {
  it('is kept for the next visit, and given back when it is empty or its own', async () => {
    const settings = createFakeStorage();
    const { state } = openPage({ settings });
    await state().openShelf();
    state().renameModel('tales', '  Stories ');
    expect(state().modelNames).toEqual({ tales: 'Stories' });
    expect(modelLabel(state())).toBe('Stories');
    expect(openPage({ settings }).state().modelNames).toEqual({ tales: 'Stories' });
    state().renameModel('tales', 'Tales');
    expect(state().modelNames).toEqual({});
    state().renameModel('tales', ' ');
    expect(openPage({ settings }).state().modelNames).toEqual({});
  });
});

describe('deleting', () => {
  it('unloads first, and all is gone', async () => {
    const { state, engine, importer } = openPage();
    await state().openShelf();
    await state().begin();
    await state().deleteModel('tales');
    expect(engine.calls.at(-1)).toBe('unload tales');
    expect(importer.calls.at(-1)).toBe('remove tales');
    expect(stateOf(state(), 'tales')).toBe('absent');
    expect(state()).toMatchObject({ modelState: { kind: 'absent' }, shelfNews: { kind: 'deleted' } });
  });

  it('that fails is told', async () => {
    const { state, importer } = openPage({ imports: { stored: ['tales'] } });
    importer.remove = async () => {
      throw new HearthError('internal', 'It is held.');
    };
    await state().deleteModel('tales');
    expect(state().modelNotes.get('tales')).toMatchObject({ kind: 'problem', error: { message: 'It is held.' } });
  });
});

describe('verifying', () => {
  it.each([
    ['sound', [], { kind: 'sound', bytes: 4_000_000 }],
    ['damaged', [0], { kind: 'damaged', shards: 1, damaged: 1 }],
  ] as const)('finds it %s', async (kind, damaged, note) => {
    const { state } = openPage({ imports: { stored: ['tales'], damaged: [...damaged] } });
    await state().openShelf();
    await state().verifyModel('tales');
    expect(state().modelNotes.get('tales')).toEqual(note);
    expect(state().shelfNews).toEqual({ kind, modelId: 'tales' });
  });
});

describe('the context', () => {
  it('is kept for the next visit, and counts from the next loading on', async () => {
    const settings = createFakeStorage();
    const { state, engine } = openPage({ settings });
    await state().begin();
    state().chooseContext('tales', 256);
    expect(state().modelState).toMatchObject({ model: { contextLength: 1024 } });
    await state().useModel('tales');
    expect(state().modelState).toMatchObject({ model: { contextLength: 256 } });
    expect(engine.calls).toEqual(['load tales', 'unload tales', 'load tales']);

    const next = openPage({ settings });
    await next.state().begin();
    expect(next.state().modelState).toMatchObject({ model: { contextLength: 256 } });
  });
});

describe('what is stored', () => {
  const estimate = (usageDetails?: Record<string, number>) => ({
    estimate: async () => ({ usage: 9_000_000, quota: 1, ...(usageDetails && { usageDetails }) }),
  });

  it('is told by parts where the browser knows them', async () => {
    const details = { indexedDB: 5_500_000, caches: 2_000_000, serviceWorkerRegistrations: 500_000 };
    const { state } = openPage({ imports: { stored: ['tales'] }, storageManager: estimate(details) });
    await state().openShelf();
    expect(state().storageUse).toEqual({
      modelBytes: 4_000_000,
      chatBytes: 1_500_000,
      shellBytes: 2_500_000,
      totalBytes: 9_000_000,
    });
  });

  it('is told as a sum where it does not, and not at all where it does not count', async () => {
    const known = openPage({ storageManager: estimate() });
    await known.state().measureStorage();
    expect(known.state().storageUse).toMatchObject({ chatBytes: null, shellBytes: null, totalBytes: 9_000_000 });
    const { state } = openPage();
    await state().measureStorage();
    expect(state()).toMatchObject({ storageUse: { totalBytes: null }, keeping: 'unknown' });
  });

  it('is kept when the browser agrees, and a refusal is remembered', async () => {
    let agrees = false;
    const { state } = openPage({ storageManager: { persisted: async () => agrees, persist: async () => agrees } });
    await state().measureStorage();
    expect(state().keeping).toBe('best-effort');
    await state().keepData();
    expect(state().keeping).toBe('refused');
    await state().measureStorage();
    expect(state().keeping).toBe('refused');
    agrees = true;
    await state().keepData();
    expect(state().keeping).toBe('kept');
  });
});

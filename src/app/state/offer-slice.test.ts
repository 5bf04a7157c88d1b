import { afterEach, describe, expect, it, vi } from 'vitest';
import { HearthError } from '../../lib/errors';
import { fakeInspection } from '../../client/testing/fake-engine';
import { createFakeStorage } from '../chats/testing/fake-places';
import { speedOf } from './offer-slice';
import { closePages, openPage } from './testing/page';

afterEach(closePages);

const ADDRESS = 'https://models.example/some-one/';
const never = new Promise<void>(() => {});

describe('a model that is looked at', () => {
  it('is found, and nothing of it is fetched or stored', async () => {
    const { state, importer } = openPage();
    const looking = state().lookAt(ADDRESS);
    expect(state().offer).toMatchObject({ modelId: ADDRESS, host: 'models.example', look: { kind: 'looking' } });
    await looking;
    expect(state().offer).toEqual({
      modelId: ADDRESS,
      host: 'models.example',
      look: { kind: 'found', inspection: { modelId: ADDRESS, ...fakeInspection } },
      precision: null,
    });
    expect(importer.calls).toEqual([`inspect ${ADDRESS} ${ADDRESS}`]);
  });

  it.each([
    ['smollm2-135m', 'huggingface.co', 'HuggingFaceTB/SmolLM2-135M-Instruct'],
    ['some-one/some-model', 'huggingface.co', 'some-one/some-model'],
  ])('%s is sought at the hub', async (address, host, repository) => {
    const { state, importer } = openPage();
    await state().lookAt(address);
    expect(state().offer).toMatchObject({ modelId: address, host });
    expect(importer.calls).toEqual([`inspect ${address} hub ${repository}`]);
  });

  it('that cannot be had says why, and is found at the next try', async () => {
    const { state } = openPage({ imports: { errors: [new HearthError('unsupported-model', 'It is a whale.')] } });
    await state().lookAt(ADDRESS);
    expect(state().offer?.look).toMatchObject({ kind: 'failed', error: { code: 'unsupported-model' } });
    await state().lookAt(ADDRESS);
    expect(state().offer?.look.kind).toBe('found');
  });

  it('gives way to the next one, and to nothing', async () => {
    const imports = { inspected: never };
    const { state, importer } = openPage({ imports });
    const first = state().lookAt(ADDRESS);
    const second = state().lookAt('some-one/some-model');
    await first;
    await vi.waitFor(() => expect(importer.calls.at(-1)).toMatch(/^inspect some-one/));
    expect(state().offer).toMatchObject({ modelId: 'some-one/some-model', look: { kind: 'looking' } });
    state().closeOffer();
    await second;
    expect(state().offer).toBeNull();
    expect(importer.calls.at(-1)).toMatch(/^abort/);
  });

  it('is downloaded from there, in the precision that was chosen', async () => {
    const { state, importer } = openPage();
    await state().openShelf();
    await state().lookAt(ADDRESS);
    state().choosePrecision('int8');
    await state().acceptOffer();
    expect(state().offer).toBeNull();
    expect(importer.calls.at(-1)).toBe(`ensure ${ADDRESS} ${ADDRESS} in int8`);
    expect(state().modelReports?.find(({ modelId }) => modelId === ADDRESS)).toMatchObject({
      state: 'stored',
      precision: 'int8',
    });
    expect(state().shelfNews).toEqual({ kind: 'here', modelId: ADDRESS });
  });
});

describe('the speed of the device', () => {
  it('is measured once, and kept by adapter', async () => {
    const settings = createFakeStorage();
    const { state, engine } = openPage({ settings });
    await state().openShelf();
    expect(speedOf(state())).toBeNull();
    const measured = state().measureSpeed();
    expect(state().measuring).toBe(true);
    await Promise.all([measured, state().measureSpeed()]); // the second wish is the first one's
    expect(engine.calls).toEqual(['measure reading']);
    expect(state().measuring).toBe(false);
    expect(speedOf(state())).toMatchObject({ bytesPerSecond: { int4: 1e9 } });

    const next = openPage({ settings });
    await next.state().openShelf();
    expect(speedOf(next.state())).toEqual(speedOf(state()));
  });

  it('that cannot be measured says why', async () => {
    const { state, engine } = openPage();
    engine.measureReading = async () => {
      throw new HearthError('out-of-memory', 'No room.');
    };
    await state().openShelf();
    await state().measureSpeed();
    expect(state()).toMatchObject({ measuring: false, measureProblem: { code: 'out-of-memory' } });
    expect(speedOf(state())).toBeNull();
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { createFakeSite } from '../../client/testing/fake-site';
import type { HearthError } from '../../lib/errors';
import { nextMove } from './next-move';
import { closePages, openPage, type PageOptions } from './testing/page';

afterEach(closePages);

function* endless() {
  for (;;) yield ' on';
}

type Page = ReturnType<typeof openPage>;

/** A tab that has the engine, and one that has come later. */
async function openTwo(here: PageOptions = {}, there: PageOptions = {}) {
  const site = createFakeSite();
  const first = openPage({ site, ...here });
  await first.state().begin();
  const second = openPage({ site, ...there });
  await second.state().begin();
  return { first, second };
}

const texts = ({ state }: Page) => state().transcript.map(({ content }) => content);
const ready = ({ until }: Page) => until(({ modelState }) => modelState.kind === 'ready');

describe('a tab beside the one with the engine', () => {
  it('loads nothing, and takes the engine over when the person says so', async () => {
    const { first, second } = await openTwo();
    expect(second.state()).toMatchObject({
      enginePlace: { at: 'elsewhere', use: 'models' },
      modelState: { kind: 'absent' },
      problem: null,
    });
    expect(second.importer.calls).toEqual([]);
    await second.state().bringHere();
    await ready(second);
    expect(second.state().enginePlace).toEqual({ at: 'here' });
    expect(first.state()).toMatchObject({ modelState: { kind: 'absent' }, enginePlace: { at: 'elsewhere' } });
    expect(first.state().loadedModels.size).toBe(0);
  });

  it('keeps what is asked there, and answers it once it has the engine', async () => {
    const { second } = await openTwo();
    await second.state().send('Hello');
    expect(texts(second)).toEqual(['Hello']);
    const { problem } = second.state();
    expect(problem).toMatchObject({ code: 'engine-elsewhere' });
    const move = nextMove(second.state(), problem as HearthError);
    expect(move.kind).toBe('bringHere');
    move.run();
    await second.until(({ transcript }) => transcript.length === 2 && transcript[1]?.state === 'done');
    expect(second.state().problem).toBeNull();
  });

  it('does not download by taking over', async () => {
    const { second } = await openTwo({}, { address: '?model=tales-draft' });
    await second.state().bringHere();
    expect(second.state()).toMatchObject({ enginePlace: { at: 'here' }, modelState: { kind: 'absent' } });
    expect(second.importer.calls).toEqual([]);
  });

  it('goes on when that one has gone and somebody looks at it, and only then', async () => {
    const { first, second } = await openTwo();
    await second.state().takeUp();
    expect(second.state().modelState.kind).toBe('absent');
    await second.state().send('Hello');
    first.close();
    await second.until(({ enginePlace }) => enginePlace.at === 'rest');
    expect(second.state().modelState.kind).toBe('absent');
    await second.state().takeUp();
    expect(texts(second)).toHaveLength(2);
    expect(second.state()).toMatchObject({ problem: null, modelState: { kind: 'ready' } });
  });

  it('loads no model that was unloaded when it is looked at again', async () => {
    const page = openPage();
    await page.state().begin();
    await page.state().unloadModel('tales');
    await page.until(({ enginePlace }) => enginePlace.at === 'rest');
    await page.state().takeUp();
    expect(page.state().modelState.kind).toBe('absent');
  });
});

describe('a tab whose engine is taken', () => {
  it('keeps the text of its answer, says why it stopped, and goes on with it when it has the engine back', async () => {
    const { first, second } = await openTwo({ words: endless, wordMs: 5 });
    const answering = first.state().send('Hello');
    await first.until(({ transcript }) => (transcript.at(-1)?.content ?? '').length > 10);
    await second.state().bringHere();
    await answering;
    const { problem, transcript } = first.state();
    const broken = transcript.at(-1);
    expect(problem).toMatchObject({ code: 'engine-taken' });
    expect(broken).toMatchObject({ state: 'error', content: expect.stringMatching(/^ on on on/) as string });

    nextMove(first.state(), problem as HearthError).run();
    await ready(first);
    expect(first.state().problem).toBeNull();
    void first.state().goOn(broken?.id ?? '');
    await first.until(({ transcript }) => (transcript.at(-1)?.content ?? '').length > (broken?.content ?? '').length);
    await first.state().stopAll();
  });

  it('says so of a message that waits for its model, and answers it when it has the engine back', async () => {
    const site = createFakeSite();
    const first = openPage({ site, imports: { downloaded: new Promise((done) => setTimeout(done, 300)) } });
    const second = openPage({ site });
    const answering = first.state().send('Hello');
    await first.until(({ enginePlace }) => enginePlace.at === 'here');
    await second.state().bringHere();
    await answering;
    expect(texts(first)).toEqual(['Hello']);
    expect(first.state().problem).toMatchObject({ code: 'engine-taken' });
    await first.state().bringHere();
    expect(texts(first)).toHaveLength(2);
  });

  it('gets it back by itself when the other has gone and somebody looks at it', async () => {
    const { first, second } = await openTwo();
    await second.state().bringHere();
    await ready(second);
    second.close();
    await first.until(({ enginePlace }) => enginePlace.at === 'rest');
    await first.state().takeUp();
    expect(first.state().modelState.kind).toBe('ready');
  });
});

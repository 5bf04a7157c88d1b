import { describe, expect, it, vi } from 'vitest';
import { createEngineHolder, type EnginePlace } from './engine-holder';
import { createFakeSite } from './testing/fake-site';

/** A site whose tabs are opened as they are needed. */
function setUp() {
  const site = createFakeSite();
  return () => {
    const tab = site.open();
    return { ...tab, holder: createEngineHolder(tab.parts) };
  };
}

const elsewhere = { code: 'engine-elsewhere' };
const at = (place: EnginePlace['at']) => expect.objectContaining({ at: place });

// They wait in real time, so they wait side by side.
describe.concurrent('the engine', () => {
  it('is held by one tab, until its last use has ended', async () => {
    const open = setUp();
    const [first, second] = [open(), open()];
    const [one, other] = await Promise.all([first.holder.hold('models'), first.holder.hold('models')]);
    expect(first.holder.place()).toEqual({ at: 'here' });
    await expect(second.holder.hold('models')).rejects.toMatchObject(elsewhere);
    expect(second.holder.place()).toEqual({ at: 'elsewhere', use: 'models' });
    one.release();
    one.release(); // counts once
    await expect(second.holder.hold('models')).rejects.toMatchObject(elsewhere);
    other.release();
    await vi.waitFor(() => expect(second.holder.place()).toEqual({ at: 'rest' }), 2000);
    expect(first.holder.place()).toEqual({ at: 'rest' });
    await second.holder.hold('models');
    await vi.waitFor(() => expect(first.holder.place()).toEqual({ at: 'elsewhere', use: 'models' }));
  });

  it('stays from one use to the next, though another tab waits', async () => {
    const open = setUp();
    const [first, second] = [open(), open()];
    const before = await first.holder.hold('models');
    await expect(second.holder.hold('models')).rejects.toMatchObject(elsewhere);
    before.release();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await first.holder.hold('benchmark');
    await expect(second.holder.hold('models')).rejects.toMatchObject(elsewhere);
  });

  it('is told of by what it is used for, also to a tab that opens later', async () => {
    const open = setUp();
    const [first, second] = [open(), open()];
    const places: EnginePlace[] = [];
    second.holder.onChange((place) => places.push(place));
    await first.holder.hold('models');
    const batch = await first.holder.hold('batch');
    await vi.waitFor(() => expect(second.holder.place()).toEqual({ at: 'elsewhere', use: 'batch' }));
    const third = open();
    await vi.waitFor(() => expect(third.holder.place()).toEqual({ at: 'elsewhere', use: 'batch' }));
    batch.release();
    await vi.waitFor(() => expect(third.holder.place()).toEqual({ at: 'elsewhere', use: 'models' }));
    expect(places).toEqual(['models', 'batch', 'models'].map((use) => ({ at: 'elsewhere', use })));
  });

  it('is taken over: what ran ends first, and nobody who waits steps in between', async () => {
    const open = setUp();
    const [first, second, third] = [open(), open(), open()];
    const hold = await first.holder.hold('models');
    const batch = await first.holder.hold('batch');
    await expect(third.holder.hold('models')).rejects.toMatchObject(elsewhere);
    const rested = vi.fn();
    third.holder.onChange(({ at }) => at === 'rest' && rested());
    await second.holder.takeOver();
    expect(hold.taken.reason).toMatchObject({ name: 'HearthError', code: 'engine-taken' });
    expect(batch.taken.aborted).toBe(true);
    expect([first, second, third].map(({ holder }) => holder.place())).toEqual([
      at('elsewhere'),
      at('here'),
      at('elsewhere'),
    ]);
    hold.release(); // of what it has not any more
    await second.holder.hold('models');
    await expect(first.holder.hold('models')).rejects.toMatchObject(elsewhere);
    expect(rested).not.toHaveBeenCalled();
  });

  it('is not held by who asks for it while it is being given away', async () => {
    const open = setUp();
    const [first, second] = [open(), open()];
    const { taken } = await first.holder.hold('models');
    const again = new Promise((resolve) => {
      taken.addEventListener('abort', () =>
        resolve(first.holder.hold('models').catch(({ code }: Error & { code: string }) => code)),
      );
    });
    await second.holder.takeOver();
    expect(await again).toBe('engine-elsewhere');
  });

  it('goes back and forth', async () => {
    const open = setUp();
    const [first, second] = [open(), open()];
    for (let turn = 0; turn < 3; turn++) {
      await first.holder.takeOver();
      const mine = await first.holder.hold('models');
      await second.holder.takeOver();
      expect(mine.taken.aborted).toBe(true);
      const theirs = await second.holder.hold('models');
      expect(theirs.taken.aborted).toBe(false);
    }
  });

  it('is stolen from a tab that does not hear, which learns of it', async () => {
    const open = setUp();
    const [first, second] = [open(), open()];
    const hold = await first.holder.hold('models');
    first.freeze();
    await second.holder.takeOver();
    expect(second.holder.place()).toEqual({ at: 'here' });
    await vi.waitFor(() => expect(hold.taken.reason).toMatchObject({ code: 'engine-taken' }));
    expect(first.holder.place()).toEqual(at('elsewhere'));
  });

  it('is free when the tab that had it has gone, for one of those who wait', async () => {
    const open = setUp();
    const [first, second, third] = [open(), open(), open()];
    await first.holder.hold('batch');
    for (const { holder } of [second, third]) await expect(holder.hold('models')).rejects.toMatchObject(elsewhere);
    const tries: Promise<unknown>[] = [];
    for (const { holder } of [second, third])
      holder.onChange(({ at }) => at === 'rest' && tries.push(holder.hold('models').catch(() => 'refused')));
    first.close();
    await vi.waitFor(() => expect([second, third].some(({ holder }) => holder.place().at === 'here')).toBe(true), 2000);
    await Promise.all(tries);
    expect([second, third].map(({ holder }) => holder.place().at).sort()).toEqual(['elsewhere', 'here']);
  });

  it('waits for the lock of a page that is just being left', async () => {
    const open = setUp();
    const first = open();
    await first.holder.hold('models');
    const second = open();
    const held = second.holder.hold('models');
    setTimeout(first.close, 50);
    await held;
    expect(second.holder.place()).toEqual({ at: 'here' });
  });

  const refuse = () => Promise.reject(new DOMException('The request was denied.', 'SecurityError'));
  it.each([
    ['has no locks', null],
    ['refuses them', { query: refuse, request: refuse }],
  ])('is in every tab where the browser %s', async (_, locks) => {
    const { channel } = createFakeSite().open().parts;
    const [first, second] = [createEngineHolder({ locks, channel }), createEngineHolder({ locks, channel })];
    const hold = await first.hold('models');
    await second.hold('models');
    await second.takeOver();
    expect([first.place(), second.place(), hold.taken.aborted]).toEqual([{ at: 'here' }, { at: 'here' }, false]);
  });
});

import { afterEach, expect, it } from 'vitest';
import type { HearthError } from '../../lib/errors';
import { nextMove } from './next-move';
import { closePages, openPage } from './testing/page';

afterEach(closePages);

it('a host that is withdrawn is asked about again', async () => {
  const { state } = openPage({ address: '?model=https://models.example/a/' });
  await state().begin();
  await state().allowHost();
  expect(await state().modelHosts.list()).toMatchObject([{ origin: 'https://models.example', isAllowed: true }]);

  await state().withdrawHost('https://models.example');
  expect(await state().modelHosts.list()).toEqual([]);
  state().selectModel('https://models.example/b/');
  await state().send('Hello');
  expect(nextMove(state(), state().problem as HearthError).kind).toBe('allowHost');
});

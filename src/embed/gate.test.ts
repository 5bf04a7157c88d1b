import { beforeEach, describe, expect, it } from 'vitest';
import { ALLOWED_SITES_KEY, readAllowedSites, revokeSite, type SiteStorage } from '../client/allowed-sites';
import { createGate, type GateParts, type Question } from './gate';

const origin = 'https://host.example';
let kept: Map<string, string>;
let storage: SiteStorage;
let asked: Question[];

beforeEach(() => {
  kept = new Map();
  storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  };
  asked = [];
});

const open = (isYes: boolean | Promise<boolean>, parts: Partial<GateParts> = {}) =>
  createGate({
    origin,
    use: 'ask',
    storage,
    tabStorage: null,
    async ask(question) {
      asked.push(question);
      return isYes;
    },
    ...parts,
  });

it('asks no more in a tab where the person has said no three times', async () => {
  const noes = new Map<string, string>();
  const tabStorage: SiteStorage = {
    getItem: (key) => noes.get(key) ?? null,
    setItem: (key, value) => void noes.set(key, value),
  };
  for (const hint of ['Reload', 'Reload', 'new tab', 'new tab', 'new tab']) {
    await expect(open(false, { tabStorage })('tales')).rejects.toMatchObject({
      code: 'refused',
      hint: expect.stringContaining(hint) as string,
    });
  }
  expect(asked).toHaveLength(3);
  await open(true, { tabStorage, origin: 'https://other.example' })('tales');
  expect(asked).toHaveLength(4);
});

describe('a yes', () => {
  it('is asked for once, however many wait for it, and remembered', async () => {
    const permit = open(true);
    await Promise.all([permit('tales'), permit('tales')]);
    await permit('tales');
    expect(asked).toEqual([{ origin, use: 'ask', model: 'tales' }]);
    await open(false)('tales');
    expect(asked).toHaveLength(1);
    expect(readAllowedSites(storage)).toMatchObject([{ origin, use: 'ask', models: ['tales'] }]);
  });

  it('is for one model, one origin and one use', async () => {
    await open(true)('tales');
    await expect(open(false)('tales-draft')).rejects.toMatchObject({ code: 'refused' });
    await expect(open(false, { origin: 'https://host.example:8443' })('tales')).rejects.toMatchObject({
      code: 'refused',
    });
    await expect(open(false, { origin: 'http://host.example' })('tales')).rejects.toMatchObject({ code: 'refused' });
    await expect(open(false, { use: 'chat' })('tales')).rejects.toMatchObject({ code: 'refused' });
    expect(asked).toHaveLength(5);
  });

  it('is asked for again when it was taken back', async () => {
    await open(true)('tales');
    revokeSite(storage, origin);
    await expect(open(false)('tales')).rejects.toMatchObject({ code: 'refused' });
  });

  it('lasts as long as the frame where nothing can be kept', async () => {
    const setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    for (const place of [null, { ...storage, setItem }]) {
      const permit = open(true, { storage: place });
      await permit('tales');
      await permit('tales');
    }
    expect(asked).toHaveLength(2);
  });
});

describe('a no', () => {
  it('stands, without another question, until the frame is opened again', async () => {
    const permit = open(false);
    await expect(permit('tales')).rejects.toMatchObject({ code: 'refused' });
    await expect(permit('tales')).rejects.toMatchObject({ code: 'refused' });
    expect(asked).toHaveLength(1);
    await open(true)('tales');
    expect(asked).toHaveLength(2);
  });
});

it('puts one question at a time', async () => {
  const answers: ((isYes: boolean) => void)[] = [];
  const permit = open(true, {
    ask(question) {
      asked.push(question);
      return new Promise((resolve) => answers.push(resolve));
    },
  });
  const first = permit('tales');
  const second = permit('tales-draft');
  await Promise.resolve();
  expect(asked.map(({ model }) => model)).toEqual(['tales']);
  answers[0]?.(false);
  await expect(first).rejects.toMatchObject({ code: 'refused' });
  expect(asked.map(({ model }) => model)).toEqual(['tales', 'tales-draft']);
  answers[1]?.(true);
  await second;
});

it('gives up with the request', async () => {
  const permit = open(true);
  await expect(permit('tales', AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
  expect(asked).toEqual([]);
});

it.each([
  'not JSON',
  '{}',
  '[{"origin":"https://host.example"}]',
  '[{"origin":"https://host.example","use":"all","models":["tales"],"since":""}]',
])('takes a record that is not ours for none: %s', async (text) => {
  kept.set(ALLOWED_SITES_KEY, text);
  await expect(open(false)('tales')).rejects.toMatchObject({ code: 'refused' });
  await open(true)('tales');
  expect(readAllowedSites(storage)).toHaveLength(1);
});

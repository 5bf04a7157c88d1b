/** Models from a hub by name, and from files on the disk, without any control of the shelf. */
import { readdirSync, readFileSync } from 'node:fs';
import type * as Hearth from '../src/client';
import { ChatPage } from './chat-page';
import { startHub } from './support/hub-server.mjs';
import { expect, test } from './support/test';

/** Enough in one browser. */
const once = { tag: '@adapter' };

const FOLDER = 'public/models/tales-draft';

function modelFiles(): Record<string, Uint8Array> {
  const names = readdirSync(FOLDER).filter((name) => /\.(json|safetensors)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(`${FOLDER}/${name}`))]));
}

test(
  'the address names a repository: nobody is asked before the person says so, then it answers',
  once,
  async ({ page }) => {
    const hub = await startHub(modelFiles(), { redirects: true, linkUses: 2, token: 'hf_secret' });
    const chat = new ChatPage(page);
    await page.goto('/');
    await page.evaluate(
      async ([module, hubUrl]) => {
        const { setHubToken } = (await import(/* @vite-ignore */ module!)) as typeof Hearth;
        await setHubToken(hubUrl!, 'hf_secret');
        localStorage.setItem('hearth.settings', JSON.stringify({ hubUrl }));
      },
      [new URL('/hearth.js', page.url()).href, hub.baseUrl],
    );
    await page.goto(`/?model=${hub.repository}&q=Hello`);
    const { host } = new URL(hub.baseUrl);
    const download = page.getByRole('button', { name: `Download from ${host}` });
    await expect(download).toBeVisible();
    await page.waitForLoadState('networkidle');
    expect([...hub.listings, ...hub.log]).toEqual([]);
    await download.click();
    await expect(download).toBeHidden();
    await chat.send.click();
    await chat.answered();
    await expect(chat.conversation.getByRole('article').last()).toContainText(/\w+ \w+ \w+/);

    // What is large was redirected to another origin, which never saw the token.
    expect(hub.log.some(({ path, status }) => path === 'model.safetensors' && status === 206)).toBe(true);
    expect(new Set(hub.authorizations.map(({ place }) => place))).toEqual(new Set(['hub']));

    hub.log.length = 0;
    await page.reload(); // stored by now, so nobody is asked at all
    await expect(page.getByText('is not on this machine yet')).toBeHidden();
    await chat.ask('Hello');
    await chat.answered();
    expect(hub.log).toEqual([]);

    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('button', { name: `Withdraw ${host}` }).click();
    await expect(page.getByText(`${host} is no longer asked.`)).toBeVisible();
    await expect(page.getByRole('button', { name: `Withdraw ${host}` })).toBeHidden();
    await hub.close();
  },
);

test('files that a person has picked are a model, and stay one', once, async ({ page }) => {
  await page.goto('/');
  const module = new URL('/hearth.js', page.url()).href;
  await page.setContent('<input type="file" webkitdirectory>');
  await page.locator('input').setInputFiles(FOLDER);
  const answer = await page.evaluate(async (url) => {
    const { loadModel, storedModels } = (await import(/* @vite-ignore */ url)) as typeof Hearth;
    const files = [...(document.querySelector('input')?.files ?? [])];
    const given = await loadModel({ files });
    let text = '';
    for await (const chunk of given.chat([{ role: 'user', content: 'Hello' }], { temperature: 0 })) text += chunk.text;
    const { id } = given;
    await given.dispose();
    const again = await loadModel({ from: id, id }); // the files are not needed any more
    await again.dispose();
    return { id, text, stored: (await storedModels()).map(({ modelId }) => modelId) };
  }, module);
  expect(answer.id).toBe('file:///tales-draft');
  expect(answer.text).toMatch(/\w+ \w+/);
  expect(answer.stored).toContain('file:///tales-draft');
});

/** The shelf of models as a person meets it: getting, pausing, loading, checking, deleting, in one tab and in two. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { ChatPage } from './chat-page';
import { startHub } from './support/hub-server.mjs';
import { axeFindings } from './support/open-to-all';
import { expect as hasty, test } from './support/test';

/** Enough in one browser. */
const once = { tag: '@adapter' };

/** Models take as long as the machine needs. */
const expect = hasty.configure({ timeout: 45_000 });
test.setTimeout(150_000);

class Shelf {
  readonly status;
  readonly progress;

  constructor(readonly page: Page) {
    this.status = page.getByRole('status', { name: 'Shelf' });
    this.progress = page.getByRole('progressbar', { name: /^Tales Draft: / }); // Tales itself may still be arriving
  }

  async open(): Promise<void> {
    await this.page.goto('/#/models');
    await expect(this.page.getByRole('heading', { name: 'Models', level: 2 })).toBeVisible();
    await expect(this.button('Unload Tales')).toBeVisible();
  }

  card(label: string) {
    return this.page
      .getByRole('listitem')
      .filter({ has: this.page.getByRole('heading', { name: label, exact: true }) });
  }

  button(name: string) {
    return this.page.getByRole('button', { name, exact: true });
  }

  async choose(label: string, item: string): Promise<void> {
    await this.button(`More for ${label}`).click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }
}

const folderOf = (model: string) => fileURLToPath(new URL(`../public/models/${model}`, import.meta.url));

/** The files of a bundled model, by name. */
function filesOf(model: string): Record<string, Uint8Array> {
  const names = readdirSync(folderOf(model));
  return Object.fromEntries(names.map((name) => [name, readFileSync(`${folderOf(model)}/${name}`)]));
}

/** Holds back the weights of a model until they are let go. */
async function holdWeights(page: Page, model: string): Promise<() => Promise<void>> {
  const pattern = `**/models/${model}/model.safetensors`;
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.context().route(pattern, async (route) => {
    await held;
    await route.continue().catch(() => {}); // its request may have been given up
  });
  return async () => {
    letGo();
    await page.context().unroute(pattern);
  };
}

test('a model is got, loaded, used, checked and deleted, all by keyboard', async ({ page }) => {
  const shelf = new Shelf(page);
  const chat = new ChatPage(page);
  await shelf.open();
  await expect(shelf.card('Tales')).toContainText('Loaded, in use');
  const draft = shelf.card('Tales Draft');
  await expect(draft).toContainText('Not here');
  await expect(draft).toContainText('1.9 MB');
  await expect(draft).toContainText(/Memory at this contextabout [\d.]+ MB/);
  await expect(draft).toContainText('Fits');

  await shelf.button('Get Tales Draft').focus();
  await page.keyboard.press('Enter');
  await expect(draft).toContainText('On this machine');
  await expect(shelf.status).toHaveText('Tales Draft is on this machine.');
  // The same button, still in focus, does the next thing.
  await expect(shelf.button('Load Tales Draft')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(draft).toContainText('Loaded, in use');
  await expect(shelf.status).toHaveText('Tales Draft is loaded.');
  await expect(shelf.card('Tales').getByText('Loaded', { exact: true })).toBeVisible();
  await expect(shelf.button('Unload Tales Draft')).toBeFocused();

  await shelf.choose('Tales Draft', 'Check every byte');
  await expect(draft).toContainText(/Every byte is as it was stored: [\d.]+ MB checked\./);
  await expect(shelf.status).toHaveText('Tales Draft is sound.');

  await page.goto('/#/');
  await chat.ask('Who are you?');
  await chat.answered();
  await expect(chat.messagesOf('Tales Draft')).not.toBeEmpty();

  await page.goto('/#/models');
  await shelf.choose('Tales Draft', 'Delete…');
  const dialog = page.getByRole('dialog', { name: 'Delete Tales Draft?' });
  await expect(dialog).toContainText('It is unloaded as well');
  await dialog.getByRole('button', { name: 'Keep it' }).click();
  await expect(shelf.button('More for Tales Draft')).toBeFocused();
  await expect(draft).toContainText('Loaded');
  await shelf.choose('Tales Draft', 'Delete…');
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(draft).toContainText('Not here');
  await expect(shelf.status).toHaveText('Tales Draft is deleted.');
  await expect(shelf.button('More for Tales Draft')).toBeFocused();
});

test('a download is discarded, begun again, paused, survives a reload, and is resumed', once, async ({ page }) => {
  const shelf = new Shelf(page);
  await shelf.open();
  const letGo = await holdWeights(page, 'tales-draft');
  await shelf.button('Get Tales Draft').click();
  await shelf.button('Discard what is here of Tales Draft').click();
  await expect(shelf.status).toHaveText('Tales Draft: nothing of the download is kept.');
  await expect(shelf.card('Tales Draft')).toContainText('Not here');
  await expect(shelf.button('Get Tales Draft')).toBeFocused();
  await shelf.button('Get Tales Draft').click();
  await expect(shelf.progress).toHaveAccessibleName(/^Tales Draft: /);
  await shelf.button('Pause Tales Draft').click();
  await expect(shelf.status).toHaveText('Tales Draft: stopped.');
  await expect(shelf.progress).toBeHidden();
  await letGo();
  await page.reload();
  // Nothing of it is kept before the first piece is complete, or a piece and more: both are said.
  const forward = page.getByRole('button', { name: /^(Get|Resume) Tales Draft$/ });
  await forward.click();
  await expect(shelf.card('Tales Draft')).toContainText('On this machine');
});

test('a connection that fails is told beside the model, with the next move', once, async ({ page, tolerate }) => {
  tolerate(/ERR_FAILED|404/);
  const shelf = new Shelf(page);
  await shelf.open();
  const pattern = '**/models/tales-draft/config.json';
  await page.context().route(pattern, (route) => route.fulfill({ status: 404, body: 'no' }));
  await shelf.button('Get Tales Draft').click();
  const alert = shelf.card('Tales Draft').getByRole('alert');
  await expect(alert).toContainText('config.json');
  await page.context().unroute(pattern);
  await alert.getByRole('button', { name: 'Try again' }).click();
  await expect(shelf.card('Tales Draft')).toContainText('On this machine');
  await expect(alert).toBeHidden();
});

test('two tabs that ask for the same model fetch it once, and both know', once, async ({ page, context }) => {
  const other = await context.newPage();
  const [here, there] = [new Shelf(page), new Shelf(other)];
  await here.open();
  await other.goto('/#/models'); // where nothing is loaded, because the first has the engine
  const fetched: string[] = [];
  context.on('request', (request) => {
    if (request.url().endsWith('tales-draft/model.safetensors')) fetched.push(request.headers()['range'] ?? 'all');
  });
  const letGo = await holdWeights(page, 'tales-draft');
  await here.button('Get Tales Draft').click();
  await expect(there.card('Tales Draft')).toContainText('Another tab is downloading it');
  await expect(there.button('Get Tales Draft')).toBeHidden();
  await letGo();
  await expect(here.card('Tales Draft')).toContainText('On this machine');
  await expect(there.card('Tales Draft')).toContainText('On this machine');
  expect(new Set(fetched).size).toBe(fetched.length); // no byte twice
});

test('the context is chosen, counts at the next loading, and is remembered', once, async ({ page }) => {
  const shelf = new Shelf(page);
  await shelf.open();
  const tales = shelf.card('Tales');
  const memory = async () => /Memory at this context([\d.]+) MB/.exec((await tales.textContent()) ?? '')?.[1];
  const before = Number(await memory());
  const context = page.getByRole('combobox', { name: 'Context of Tales', exact: true });
  await context.selectOption({ label: '256 tokens' });
  expect(Number(await memory())).toBeLessThan(before);
  await expect(tales).toContainText('It is loaded with 1,024 tokens.');
  await shelf.button('Load again: Tales').click();
  await expect(shelf.button('Unload Tales')).toBeVisible();
  await page.reload();
  await expect(shelf.button('Unload Tales')).toBeVisible();
  await expect(context).toHaveValue('256');
  await expect(tales).not.toContainText('It is loaded with');
});

test('a model whose bytes have changed is found, and mended', once, async ({ page }) => {
  const shelf = new Shelf(page);
  await shelf.open();
  await page.evaluate(flipOneByte);
  await shelf.choose('Tales', 'Check every byte');
  const alert = shelf.card('Tales').getByRole('alert');
  await expect(alert).toContainText('1 piece of 1');
  await alert.getByRole('button', { name: 'Mend it' }).click();
  await expect(shelf.status).toHaveText('Tales is mended.');
  await shelf.choose('Tales', 'Check every byte');
  await expect(shelf.card('Tales')).toContainText('Every byte is as it was stored');
});

test('what is stored is told plainly', once, async ({ page }) => {
  const shelf = new Shelf(page);
  await shelf.open();
  const storage = page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: 'Stored on this machine' }) });
  await expect(storage).toContainText(/Models[\d.]+ MB/);
  await expect(storage).toContainText(/In all[\d.]+ MB/);
  await storage.getByRole('button', { name: 'Keep my data' }).click();
  await expect(storage.getByRole('status')).toHaveText(/promised to keep|did not agree/);
});

test('details have the checksums of every file', once, async ({ page }) => {
  const shelf = new Shelf(page);
  await shelf.open();
  await shelf.choose('Tales', 'Details');
  const dialog = page.getByRole('dialog', { name: 'Tales: details' });
  await expect(dialog).toContainText('6.2 million');
  await expect(dialog).toContainText(/model\.safetensors.*SHA-256 [0-9a-f]{64}/s);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(shelf.button('More for Tales')).toBeFocused();
});

test('an address is looked at, got in the precision that is chosen, and talked to', once, async ({ page }) => {
  const shelf = new Shelf(page);
  const chat = new ChatPage(page);
  const hub = await startHub(filesOf('tales-draft'), { redirects: true });
  await shelf.open();
  await page.getByRole('textbox', { name: 'A Hugging Face name, or an address' }).fill(hub.url);
  await page.keyboard.press('Enter');
  const offer = page.getByRole('region', { name: 'What some-model would take' });
  await expect(offer).toContainText('0.918 million');
  await expect(offer).toContainText('Fits');
  expect(hub.log.reduce((sum, { sentBytes }) => sum + sentBytes, 0)).toBeLessThan(50_000);
  await expect(offer.getByRole('radio', { name: /^4 bits/ })).toBeChecked();
  await offer.getByRole('radio', { name: /^16 bits/ }).check();
  await expectAccessible(page);
  const host = new URL(hub.url).host;
  await offer.getByRole('button', { name: `Get 1.9 MB from ${host}` }).click();
  const card = shelf.card('some-model');
  await expect(card).toContainText('On this machine');
  await expect(card).toContainText(/On disk1\.[89] MB/); // 16 bits a weight, as it was published

  await shelf.choose('some-model', 'Rename…');
  const dialog = page.getByRole('dialog', { name: 'Another name for some-model' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('My sister');
  await page.keyboard.press('Enter');
  await shelf.button('Load My sister').click();
  await expect(shelf.card('My sister')).toContainText('Loaded, in use');
  await hub.close();
  await page.goto('/#/');
  await chat.ask('Who are you?');
  await chat.answered();
  await expect(chat.messagesOf('My sister')).not.toBeEmpty();
});

test('files of one’s own are picked, and become a model', once, async ({ page }) => {
  const shelf = new Shelf(page);
  await shelf.open();
  const [picker] = await Promise.all([page.waitForEvent('filechooser'), shelf.button('Choose files…').click()]);
  await picker.setFiles([...readdirSync(folderOf('tales-draft'))].map((name) => `${folderOf('tales-draft')}/${name}`));
  const offer = page.getByRole('region', { name: 'What model would take' });
  await offer.getByRole('button', { name: 'Get 1.9 MB' }).click();
  await expect(shelf.card('model')).toContainText('On this machine');
  await shelf.button('Load model').click();
  await expect(shelf.card('model')).toContainText('Loaded, in use');
});

test('a model is exported as one file, which is opened again', once, async ({ page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'showSaveFilePicker')); // its dialog is the system's
  const shelf = new Shelf(page);
  await shelf.open();
  await shelf.button('Get Tales Draft').click();
  await expect(shelf.card('Tales Draft')).toContainText('On this machine');
  const saving = page.waitForEvent('download');
  await shelf.choose('Tales Draft', 'Export, ');
  const download = await saving;
  expect(download.suggestedFilename()).toBe('Tales Draft.hearth.safetensors');
  await expect(shelf.status).toHaveText('Tales Draft is exported.');

  const [picker] = await Promise.all([page.waitForEvent('filechooser'), shelf.button('Choose files…').click()]);
  const buffer = readFileSync(await download.path());
  await picker.setFiles({ name: download.suggestedFilename(), mimeType: 'application/octet-stream', buffer });
  const offer = page.getByRole('region', { name: 'What Tales Draft would take' });
  await expect(offer).toContainText('0.918 million');
  await expect(offer.getByRole('radio', { name: /^As it is/ })).toBeChecked();
  await offer.getByRole('button', { name: /^Get / }).click();
  const copy = shelf.card('Tales Draft').filter({ hasText: 'From files of yours' });
  await expect(copy).toContainText('On this machine');
  await copy.getByRole('button', { name: 'Load Tales Draft' }).click();
  await expect(copy).toContainText('Loaded, in use');
});

test('what cannot be had says why, beside the field', once, async ({ page, tolerate }) => {
  tolerate(/404/);
  const shelf = new Shelf(page);
  const hub = await startHub({});
  await shelf.open();
  const field = page.getByRole('textbox', { name: 'A Hugging Face name, or an address' });
  await field.fill('what is this');
  await page.keyboard.press('Enter');
  await expect(field).toHaveAccessibleDescription(/no such name and no address/);
  await field.fill(hub.url);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('config.json');
  hub.files = filesOf('tales-draft');
  await shelf.button('Try again').click();
  await expect(page.getByRole('region', { name: 'What some-model would take' })).toContainText('0.918 million');
  await shelf.button('Not now: some-model').click();
  await expect(field).toBeFocused();
  await hub.close();
});

for (const [name, colorScheme, viewport] of [
  ['by day', 'light', { width: 1280, height: 800 }],
  ['by night', 'dark', { width: 1280, height: 800 }],
  ['on a phone', 'light', { width: 390, height: 844 }],
] as const) {
  test.describe(name, () => {
    test.use({ colorScheme, viewport });
    test('the shelf has nothing against WCAG 2.2 AA', once, async ({ page }) => {
      const shelf = new Shelf(page);
      await shelf.open();
      const letGo = await holdWeights(page, 'tales-draft');
      await shelf.button('Get Tales Draft').click();
      await expect(shelf.progress).toBeVisible();
      await expectAccessible(page);
      await shelf.button('Pause Tales Draft').click();
      await letGo();
      await shelf.choose('Tales', 'Details');
      await expectAccessible(page);
      await page.keyboard.press('Escape');
      await shelf.choose('Tales', 'Delete…');
      await expectAccessible(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);
    });
  });
}

async function expectAccessible(page: Page): Promise<void> {
  expect(await axeFindings(page)).toEqual([]);
}

/** Runs in the page: changes one bit of the first stored piece of weights. */
async function flipOneByte(): Promise<void> {
  const settled = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error(request.error?.message));
    });
  const database = await settled(indexedDB.open('hearth-shards'));
  const read = database.transaction('keyval').objectStore('keyval');
  const [key] = await settled(read.getAllKeys());
  const shard = (await settled(
    database
      .transaction('keyval')
      .objectStore('keyval')
      .get(key as IDBValidKey),
  )) as Blob;
  const bytes = new Uint8Array(await shard.arrayBuffer());
  bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  await settled(
    database
      .transaction('keyval', 'readwrite')
      .objectStore('keyval')
      .put(new Blob([bytes]), key as IDBValidKey),
  );
  database.close();
}

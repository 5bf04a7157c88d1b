/** A batch as a person runs it: a file in, a table that fills, a pause, a reload, the rest, the answers out; alone and in two tabs. */
import { readFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import { axeFindings } from './support/open-to-all';
import { expect as hasty, test } from './support/test';

/** Models take as long as the machine needs. */
const expect = hasty.configure({ timeout: 45_000 });
test.setTimeout(150_000);

/** Enough in one browser. */
const once = { tag: '@adapter' };

const sums = 'first,second,note\n' + Array.from({ length: 10 }, (_, i) => `${i + 1},5,"=note, ${i + 1}"\n`).join('');

class BatchPage {
  readonly status;
  readonly table;
  readonly template;
  readonly main;

  constructor(readonly page: Page) {
    this.status = page.getByRole('status', { name: 'Batch' });
    this.table = page.getByRole('table', { name: 'Rows and their answers' });
    this.template = page.getByRole('textbox', { name: 'Prompt for each row' });
    this.main = page.getByRole('main');
  }

  async open(): Promise<void> {
    await this.page.goto('/#/batch');
    await expect(this.page.getByRole('heading', { name: 'Batch', level: 2 })).toBeVisible();
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  async give(name: string, content: string): Promise<void> {
    await this.main.locator('input[type=file]').setInputFiles({ name, mimeType: '', buffer: Buffer.from(content) });
  }

  /** Rows of the table in this state, among those that are drawn. */
  rows(state: string): Locator {
    return this.table.getByRole('button', { name: new RegExp(`^Row \\d+: ${state}`) });
  }

  async setConcurrency(rows: number): Promise<void> {
    await this.page.getByRole('slider', { name: 'Rows at once' }).fill(String(rows));
  }
}

test('a file in, a pause, a reload, the rest, and the answers out', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 2400 }); // every row is in sight
  const batch = new BatchPage(page);
  await batch.open();
  await batch.give('sums.csv', sums);
  await expect(batch.main).toContainText('sums.csv · 10 rows · 3 columns');
  await expect(batch.template).toHaveValue('{{note}}'); // the first column of text
  await batch.template.fill('What is {{first}} + {{secnd}}?');
  await expect(batch.main).toContainText('There is no column “secnd”. There is {{first}}, {{second}}, {{note}}.');
  await batch.template.fill('What is {{first}} + {{second}}?');
  await expect(batch.main.getByRole('figure')).toContainText('What is 1 + 5?');
  await batch.setConcurrency(2);

  await batch.button('Run').click();
  await expect(batch.rows('Finished').first()).toBeAttached();
  await batch.button('Pause').click();
  await expect(batch.status).toHaveText(/^Paused\. \d of 10 rows are answered\.$/);
  const answered = await batch.rows('Finished').count();
  expect(answered).toBeGreaterThan(0);
  expect(answered).toBeLessThan(10);
  await expect(batch.template).not.toBeEditable();

  await page.reload();
  await expect(batch.rows('Finished')).toHaveCount(answered);
  await expect(batch.template).toHaveValue('What is {{first}} + {{second}}?');
  await expect(page.getByRole('slider', { name: 'Rows at once' })).toHaveValue('2');
  await batch.button('Resume').click();
  await expect(batch.status).toHaveText('Finished. 10 of 10 rows are answered, 0 failed.');
  await expect(batch.rows('Finished')).toHaveCount(10);
  await expect(batch.main).toContainText(/Last run\d+ rows, [\d.]+ tok\/s/);

  const csv = await download(batch, 'Save as CSV');
  expect(csv.name).toBe('sums-answers.csv');
  const [header, first] = csv.text.split('\r\n');
  expect(header).toBe(
    '\uFEFF"first","second","note","answer","finish_reason","prompt_tokens","completion_tokens","model","seed","error"',
  );
  expect(first).toMatch(/^"1","5","'=note, 1",".*6.*","stop","\d+","\d+","Tales","\d+",$/);
  const jsonl = await download(batch, 'Save as JSONL');
  const lines = jsonl.text.trimEnd().split('\n');
  expect(lines).toHaveLength(10);
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ first: '2', note: '=note, 2', finish_reason: 'stop' });

  await batch.table.getByRole('button', { name: 'Row 7: Finished' }).click();
  await expect(page.getByRole('dialog', { name: 'Row 7' })).toContainText('What is 7 + 5?');
  await expect(page.getByRole('dialog', { name: 'Row 7' })).toContainText('12');
  await page.keyboard.press('Escape');
  await expect(batch.table.getByRole('button', { name: 'Row 7: Finished' })).toBeFocused();
});

test('a file that is wrong is told with its line, and loses nothing', once, async ({ page }) => {
  const batch = new BatchPage(page);
  await batch.open();
  await page.getByRole('textbox', { name: 'Or paste prompts' }).fill('What is 1 + 1?');
  await batch.give('wrong.jsonl', '{"q": "Hello"}\n{"q": \n');
  await expect(page.getByRole('alert')).toContainText('wrong.jsonl, line 2 is not JSON');
  await expect(page.getByRole('textbox', { name: 'Or paste prompts' })).toHaveValue('What is 1 + 1?');
  await batch.button('Use these lines').click();
  await expect(batch.main).toContainText('pasted prompts · 1 row · 1 column');
});

test('thousands of rows scroll, and only those in sight are drawn', once, async ({ page }) => {
  const batch = new BatchPage(page);
  await batch.open();
  await batch.give('many.txt', Array.from({ length: 2000 }, (_, row) => `What is ${row} + 1?`).join('\n'));
  await expect(batch.table).toHaveAttribute('aria-rowcount', '2001');
  await batch.table.getByRole('button', { name: 'Row 1: Waiting' }).scrollIntoViewIfNeeded();
  expect(await batch.table.getByRole('button').count()).toBeLessThan(60);
  await page.locator('.page').evaluate((scroller) => scroller.scrollBy(0, 1000 * 64));
  const middle = batch.table.getByRole('button', { name: 'Row 1,001: Waiting' });
  await expect(middle).toBeInViewport();
  expect(await batch.table.getByRole('button').count()).toBeLessThan(60);
  await expect(batch.table.getByRole('columnheader', { name: 'Answer' })).toBeInViewport();
});

test('two tabs: one runs, the other says so and shows its answers', once, async ({ page, context }) => {
  const batch = new BatchPage(page);
  await batch.open();
  await batch.button('Try an example').click();
  const other = new BatchPage(await context.newPage());
  await other.open();
  await expect(other.main).toContainText('animals.csv');
  await batch.button('Run').click();
  await expect(batch.rows('Answering').first()).toBeAttached();
  await expect(other.main).toContainText('Another tab is running this batch.');
  await expect(other.button('Run')).toHaveAttribute('aria-disabled', 'true');
  await batch.button('Stop').click();
  await expect(other.main).not.toContainText('Another tab is running this batch.');
  await expect(other.page.getByRole('button', { name: /^(Run|Resume)$/ })).toHaveAttribute('aria-disabled', 'false');
});

test('what side by side buys is measured here', once, async ({ page }) => {
  const batch = new BatchPage(page);
  await batch.open();
  await batch.button('Try an example').click();
  await batch.setConcurrency(3);
  await batch.button('Measure one at a time').click();
  await expect(batch.main).toContainText(/Measuring, step \d of 5/);
  await expect(batch.main).toContainText(/[\d.]+ × as fast/, { timeout: 120_000 });
  await expect(batch.main).toContainText('3 prompts, each way twice');
  await expect(batch.main).toContainText('Both ways gave the same answers, word for word.');
});

test('deleting everything takes the batch along', once, async ({ page }) => {
  const batch = new BatchPage(page);
  await batch.open();
  await batch.button('Try an example').click();
  await expect(batch.main).toContainText('animals.csv');
  await page.goto('/#/settings');
  await page.getByRole('button', { name: 'Delete everything' }).click();
  await page.getByRole('button', { name: 'Delete everything now' }).click();
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeVisible();
  await batch.open();
  await expect(batch.button('Try an example')).toBeVisible();
});

test('it is reached by the head, the palette and a key', once, async ({ page }) => {
  const batch = new BatchPage(page);
  await page.goto('/');
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Batch' }).click();
  await expect(page.getByRole('heading', { name: 'Batch', level: 2 })).toBeFocused();
  await page.goto('/#/settings');
  await page.keyboard.press('Control+Shift+B');
  await expect(batch.button('Try an example')).toBeVisible();
  await expect(page).toHaveTitle('Batch – Hearth');
});

for (const [name, colorScheme, viewport] of [
  ['by day', 'light', { width: 1280, height: 800 }],
  ['by night', 'dark', { width: 1280, height: 800 }],
  ['on a phone', 'light', { width: 390, height: 844 }],
] as const) {
  test.describe(name, () => {
    test.use({ colorScheme, viewport });
    test('the batch has nothing against WCAG 2.2 AA', once, async ({ page }) => {
      const batch = new BatchPage(page);
      await batch.open();
      await batch.give('wrong.csv', 'a\n1,2\n');
      await expect(page.getByRole('alert')).toBeVisible();
      await expectAccessible(page);
      await batch.give('sums.csv', `${sums},,\n`.replace('1,5,', ',,'));
      await page.getByText('How it answers').click();
      await expectAccessible(page);
      await batch.template.fill('{{second}} + {{nothing}}');
      await expectAccessible(page);
      await batch.template.fill('{{first}}');
      await page.getByRole('spinbutton', { name: 'Longest answer' }).fill('4');
      await batch.button('Run').click();
      await expect(batch.rows('Failed').first()).toBeAttached();
      await expectAccessible(page);
      await expect(batch.status).toHaveText(/^Finished/);
      await batch.table.getByRole('button', { name: 'Row 1: Failed' }).click();
      await expectAccessible(page);
      await page.keyboard.press('Escape');
      await batch.button('Other prompts…').click();
      await expectAccessible(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);
    });
  });
}

async function expectAccessible(page: Page): Promise<void> {
  expect(await axeFindings(page)).toEqual([]);
}

async function download(batch: BatchPage, button: string): Promise<{ name: string; text: string }> {
  const downloading = batch.page.waitForEvent('download');
  await batch.button(button).click();
  const file = await downloading;
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
}

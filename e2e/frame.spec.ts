/** Every screen and everything that stands over one: open to all, in every look, at every size, in every language. */
import type { Page } from '@playwright/test';
import german from '../src/app/strings/de';
import { bench } from '../src/app/strings/en/bench';
import { chat } from '../src/app/strings/en/chat';
import { commands } from '../src/app/strings/en/commands';
import { diagnostics } from '../src/app/strings/en/diagnostics';
import { frame } from '../src/app/strings/en/frame';
import { models } from '../src/app/strings/en/models';
import { settings } from '../src/app/strings/en/settings';
import { flatten } from '../src/app/strings/language';
import { ChatPage } from './chat-page';
import { axeFindings, cutOff, moving, smallTargets } from './support/open-to-all';
import { expect, test } from './support/test';

/** None of it depends on the device. */
const inOne = { tag: '@adapter' };
const english = { bench, chat, commands, diagnostics, frame, models, settings };
const sum = 'What is 7 + 5?';

/** The words by which the walk finds its way, in the language that is spoken. */
type Words = typeof english;

/** Goes to every screen and opens everything that stands over one, and looks at each. */
async function walk(page: Page, words: Words, look: (where: string) => Promise<void>): Promise<void> {
  const isPhone = (page.viewportSize()?.width ?? 0) < 600;
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const escape = () => page.keyboard.press('Escape');
  const { names } = words.commands;

  await page.goto('/#/');
  await expect(page.getByRole('log').getByRole('article')).toHaveCount(2);
  await look('chat');
  if (isPhone) {
    await button(words.chat.chats).click();
    await look('chats');
    await escape();
  }
  await button(words.chat.chatSettings).click();
  await page.getByText(words.chat.inspector).click();
  await expect(page.locator('.tokens')).toBeVisible();
  await look('settings of the chat');
  await escape();
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('option', { name: names.showModels })).toBeVisible();
  await look('palette');
  await page.getByRole('combobox', { name: words.commands.find }).fill(names.keys);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: names.keys })).toBeVisible();
  await look('keyboard map');
  await escape();

  await page.goto('/#/models');
  await expect(page.getByRole('listitem').first()).toBeVisible();
  await look('models');
  await page.goto('/#/benchmark');
  await expect(page.getByText(words.bench.shapesHelp)).toBeVisible();
  await look('benchmark');
  await page.goto('/#/settings');
  await expect(page.getByText(words.settings.exportHelp)).toBeVisible();
  await page.context().setOffline(true);
  await expect(page.getByText(words.frame.offline)).toBeVisible();
  await look('settings, offline');
  await page.context().setOffline(false);
  await button(words.settings.deleteEverything).click();
  await look('delete everything?');
  await escape();
  await page.goto('/#/diagnostics');
  await expect(page.getByText(words.diagnostics.copyNote)).toBeVisible();
  await look('diagnostics');
}

async function haveConversation(page: Page): Promise<void> {
  const chatPage = new ChatPage(page);
  await page.goto('/');
  await chatPage.ask(sum);
  await chatPage.answered();
}

for (const [device, viewport, colorSchemes] of [
  ['a desktop, by day and by night', { width: 1280, height: 800 }, ['light', 'dark']],
  ['a phone', { width: 390, height: 844 }, ['dark']],
] as const)
  test(`nothing stands in anybody’s way, on ${device}`, inOne, async ({ page }) => {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await haveConversation(page);
    await walk(page, english, async (where) => {
      for (const colorScheme of colorSchemes) {
        await page.emulateMedia({ colorScheme });
        expect.soft(await axeFindings(page), `${where}, ${colorScheme}`).toEqual([]);
      }
      expect.soft(await smallTargets(page), where).toEqual([]);
      expect.soft(await cutOff(page), where).toEqual([]);
      expect.soft(await moving(page), where).toEqual([]);
    });
  });

test('letters of twice the size find room on every screen', inOne, async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await haveConversation(page);
  await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
  await walk(page, english, async (where) => {
    expect.soft(await cutOff(page), where).toEqual([]);
  });
});

test('in German no English is left, and the language is remembered', inOne, async ({ page }) => {
  await haveConversation(page);
  await page.goto('/#/settings');
  await page.getByRole('combobox', { name: 'Language' }).selectOption('de');
  await expect(page.getByRole('heading', { name: 'Einstellungen' })).toBeVisible();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');

  const [ours, theirs] = [flatten(english), flatten(german)];
  const untranslated = Object.entries(ours).filter(([name, text]) => theirs[name] !== text && /[a-z]{3}/i.test(text));
  const patterns = untranslated.map(([, text]) => patternOf(text)).filter((pattern) => pattern !== null);
  await walk(page, german as unknown as Words, async (where) => {
    const said = await wordsOn(page);
    expect
      .soft(
        said.filter((text) => patterns.some((pattern) => pattern.test(text))),
        where,
      )
      .toEqual([]);
  });
});

/** What a sentence of the catalogue looks like when it is said; null for those that are nearly all placeholder. */
function patternOf(text: string): RegExp | null {
  const parts = text.split(/\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/);
  if (parts.join('').replace(/[^a-z]/gi, '').length < 3) return null;
  return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`);
}

/** Everything that is read or heard, but what a person, a model or the log has said. */
function wordsOn(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const said: string[] = [];
    const notOurs = 'article, .log, .tokens, .chat-row, [lang=en], dd, .page-loading';
    for (const element of document.body.querySelectorAll('*')) {
      if (element.closest(notOurs)) continue;
      for (const name of ['aria-label', 'title', 'placeholder']) said.push(element.getAttribute(name) ?? '');
      for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) said.push(node.textContent ?? '');
    }
    return said.map((text) => text.trim()).filter((text) => text !== '');
  });
}

test('the focus is kept through every change', inOne, async ({ page }) => {
  const chatPage = new ChatPage(page);
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await page.goto('/');
  await chatPage.message.fill('Tell me a story about a dog.');
  await chatPage.send.click();
  await chatPage.begun('Tales');
  await expect(chatPage.stop).toBeFocused(); // one button, with another name
  await page.keyboard.press('Enter');
  await chatPage.answered();
  await expect(chatPage.send).toBeFocused();

  await page.getByRole('group', { name: 'Tales: actions' }).getByRole('button', { name: 'Delete' }).click();
  await expect(chatPage.message).toBeFocused();
  await button('Undo').click();
  await expect(chatPage.message).toBeFocused();
  await button('Chat settings').click();
  await page.keyboard.press('Escape');
  await expect(button('Chat settings')).toBeFocused();
  await button('Commands').click();
  await page.keyboard.press('Escape');
  await expect(button('Commands')).toBeFocused();

  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeFocused();
  const language = page.getByRole('combobox', { name: 'Language' });
  await language.focus();
  await language.selectOption('de');
  await expect(page.getByRole('combobox', { name: 'Sprache' })).toBeFocused();
});

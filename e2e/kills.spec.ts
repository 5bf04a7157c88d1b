/** What a lost graphics processor costs an answer is time: the browser's GPU process is killed in mid-answer, again and again. */
import type { Browser, Page } from '@playwright/test';
import { adapterArgs } from '../scripts/chromium.mjs';
import type * as Hearth from '../src/client';
import { expect, test } from './support/test';

const isDeep = process.env['HEARTH_DEEP'] === '1';
const KILLS = isDeep ? 20 : 1;

/** Losses that an engine bears within a minute; then the page is loaded anew. */
const KILLS_PER_LOAD = 2;

/** Answers to compare with, taken in turn. */
const SEEDS = isDeep ? 4 : 1;

const TOKENS = 64;

const launch = { args: [...adapterArgs, '--disable-gpu-process-crash-limit'] };

interface Told {
  text: string;
  /** How often the answer has said that its device was lost. */
  losses: number;
}

test.use({ launchOptions: async ({ launchOptions }, use) => use({ ...launchOptions, ...launch }) });

/** @param killAfter tokens; null lets it live. */
function answer(page: Page, seed: number, killAfter: number | null): Promise<Told> {
  return page.evaluate(
    async ({ url, seed, killAfter, maxTokens }) => {
      const { loadModel } = (await import(url)) as typeof Hearth;
      const model = await loadModel('tales', { contextLength: 256 });
      let [text, tokens, losses] = ['', 0, 0];
      const options = { seed, temperature: 0.9, topK: 0, maxTokens, onRecovering: () => void losses++ };
      for await (const chunk of model.chat([{ role: 'user', content: 'Tell me a story about a dog.' }], options)) {
        const before = tokens;
        tokens += chunk.tokenIds.length;
        text += chunk.text;
        if (killAfter !== null && before < killAfter && tokens >= killAfter) {
          void (globalThis as unknown as { killGpu: () => Promise<void> }).killGpu();
        }
      }
      return { text, losses };
    },
    { url: '/hearth.js', seed, killAfter, maxTokens: TOKENS },
  );
}

async function open(page: Page, browser: Browser): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  await page.exposeFunction('killGpu', () => session.send('Browser.crashGpuProcess'));
  await page.goto('/');
}

test(
  `an answer is the same whether the GPU process was killed while it was made or not, ${KILLS} times`,
  { tag: '@adapter' },
  async ({ page, browser }) => {
    test.setTimeout(KILLS * 60_000 + 120_000);
    await open(page, browser);
    const undisturbed: string[] = [];
    for (let seed = 0; seed < SEEDS; seed++) {
      const { text, losses } = await answer(page, seed, null);
      expect(losses).toBe(0);
      undisturbed.push(text);
    }
    expect(new Set(undisturbed).size).toBe(SEEDS);
    let equal = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      if (kill > 0 && kill % KILLS_PER_LOAD === 0) await page.reload();
      const killAfter = 1 + Math.floor(Math.random() * (TOKENS - 24)); // the rest leaves time to notice
      const { text, losses } = await answer(page, kill % SEEDS, killAfter);
      expect(losses, `killed after ${killAfter} tokens`).toBe(1);
      expect(text, `killed after ${killAfter} tokens`).toBe(undisturbed[kill % SEEDS]);
      equal++;
    }
    test.info().annotations.push({ type: 'equal answers', description: `${equal} of ${KILLS}` });
  },
);

/** Importing a model must not need memory of the model's size: judged from outside, by what the operating system counts. */
import { existsSync, readFileSync } from 'node:fs';
import type { Browser, Page } from '@playwright/test';
import type * as Hearth from '../src/client';
import { type LargeModelOptions, serveLargeModel } from './support/large-model';
import { expect, test } from './support/test';
import { evaluateUnwatched } from './support/unwatched-page';

/** A page of ours that may run scripts and, opened by itself, loads no model. */
const BARE_PAGE = '/embed.html';

/** What an import may take on top of the page, whatever the model's size. */
const MAX_GROWTH_MB = 300;

/** Under test:deep a checkpoint of a gigabyte in f16. */
const LARGE: LargeModelOptions =
  process.env['HEARTH_DEEP'] === '1' ? { dtype: 'F16', feedForward: 108_544 } : { dtype: 'BF16', feedForward: 64 };

/** Anonymous memory of the largest renderer: workers live in their page's process. */
async function rendererMegabytes(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const megabytes = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => {
      const status = readFileSync(`/proc/${id}/status`, 'utf8');
      const kilobytes = ['RssAnon', 'RssShmem'].map((field) =>
        Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]),
      );
      return kilobytes.reduce((sum, value) => sum + value, 0) / 1024;
    });
  return Math.max(...megabytes);
}

/** Loads a model in a page of our origin that has no model of its own. @returns the last phase, or the error's code. */
function load(page: Page, url: string): Promise<string> {
  return page.evaluate(async (modelUrl) => {
    const { loadModel } = (await import(/* @vite-ignore */ `${location.origin}/hearth.js`)) as typeof Hearth;
    const stop = new AbortController();
    let last: string = 'none';
    const onProgress = ({ phase }: Hearth.LoadProgress) => {
      if (!stop.signal.aborted) last = phase;
      if (phase === 'upload') stop.abort(); // the import is over, and that is all we came for
    };
    try {
      await loadModel({ url: modelUrl }, { signal: stop.signal, onProgress });
    } catch (error) {
      const { code } = error as Hearth.HearthError;
      return code === 'aborted' ? last : code;
    }
    return last;
  }, url);
}

/** What the page does to read a file to its end and do nothing with it; seconds. */
const readAlone = (url: string) => `fetch('${url}').then(async ({ body }) => {
  const startMs = performance.now();
  const reader = body.getReader();
  while (!(await reader.read()).done);
  return (performance.now() - startMs) / 1000;
})`;

test.beforeEach(async ({ page }) => {
  await page.goto(BARE_PAGE);
});

test(
  'an import keeps memory small, whatever the size of the model',
  { tag: '@adapter' },
  async ({ browser, baseURL }) => {
    test.skip(!existsSync('/proc/self/status'), 'process memory is read from /proc, which only Linux has');
    test.setTimeout(900_000);
    const large = await serveLargeModel('public/models/tales', LARGE);

    const session = await browser.newBrowserCDPSession();
    const anyPage = new URL(BARE_PAGE, baseURL).href;
    const itsOwn = `${large.url}config.json`; // the security policy of our pages lets only the network thread go elsewhere
    const readSeconds = Number(await evaluateUnwatched(session, itsOwn, readAlone(`${large.url}model.safetensors`)));
    const before = await rendererMegabytes(browser);

    const startMs = Date.now();
    let settled = false;
    const fetching = evaluateUnwatched(
      session,
      anyPage,
      `import('/hearth.js').then(({ fetchModel }) => fetchModel({ url: '${large.url}' })).then(({ warning }) => warning, String)`,
    ).finally(() => (settled = true));
    let highest = before;
    while (!settled) {
      highest = Math.max(highest, await rendererMegabytes(browser));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    large.close();
    expect(await fetching).toBeNull();
    expect(large.sentBytes()).toBeGreaterThan(2 * large.weightBytes); // read once for comparison
    const seconds = (Date.now() - startMs) / 1000;
    console.log(
      `import of ${(large.weightBytes / 1e6).toFixed(0)} MB in ${seconds.toFixed(1)} s, reading alone ${readSeconds.toFixed(1)} s; ` +
        `renderer ${before.toFixed(0)} MB before, at most ${highest.toFixed(0)} MB during`,
    );
    expect(highest - before).toBeLessThan(MAX_GROWTH_MB);
  },
);

test(
  'what is too large for the processor is refused before it is downloaded',
  { tag: '@no-adapter' },
  async ({ page }) => {
    const large = await serveLargeModel('public/models/tales');
    expect(await load(page, large.url)).toBe('webgpu-unavailable');
    expect(large.sentBytes()).toBe(0);
    large.close();
  },
);

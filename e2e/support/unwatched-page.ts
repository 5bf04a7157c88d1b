/**
 * A page that Playwright does not watch. The inspector of a watched one keeps the bodies of its answers, up to some 200 MB, in
 * the very process whose memory a test may want to measure.
 */
import type { CDPSession } from '@playwright/test';

/** Opens `url` and gives what the expression's promise resolves to, as JSON has it. */
export async function evaluateUnwatched(browser: CDPSession, url: string, expression: string): Promise<unknown> {
  const { browserContextId } = await browser.send('Target.createBrowserContext'); // none of Playwright's
  const { targetId } = await browser.send('Target.createTarget', { url, browserContextId });
  const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: false });
  let lastId = 0;

  function ask(method: string, params: object): Promise<{ result?: { value?: unknown } }> {
    const id = ++lastId;
    return new Promise((resolve) => {
      browser.on('Target.receivedMessageFromTarget', (event) => {
        const answer = JSON.parse(event.message) as { id?: number; result?: { result?: { value?: unknown } } };
        if (event.sessionId === sessionId && answer.id === id) resolve(answer.result ?? {});
      });
      void browser.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) });
    });
  }

  const evaluate = (code: string) =>
    ask('Runtime.evaluate', { expression: code, awaitPromise: true, returnByValue: true });
  const loaded =
    'new Promise((done) => (document.readyState === "complete" ? done() : addEventListener("load", done)))';
  while (((await evaluate('location.href')).result?.value ?? 'about:blank') === 'about:blank') {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await evaluate(loaded);
  const { result } = await evaluate(expression);
  await browser.send('Target.disposeBrowserContext', { browserContextId });
  return result?.value;
}

/** What keeps a screen from being open to all, found by measuring it: for axe, for a finger, for large letters, for still eyes. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Waits until what fades or moves to its end has come there: a colour on its way has a contrast of its own. */
async function atRest(page: Page): Promise<void> {
  for (const frame of page.frames()) {
    await frame.evaluate(async () => {
      const ending = document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity);
      await Promise.allSettled(ending.map(({ finished }) => finished));
    });
  }
}

/** What axe has against the page as it is, and WCAG 2.2 AA with it. */
export async function axeFindings(page: Page): Promise<string[]> {
  await atRest(page);
  const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Targets of less than 24 px on a side (WCAG 2.5.8); links within a sentence are as high as its line. */
export function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const all = 'a[href], button, input, select, textarea, summary, [role=button], [role=option], [role=menuitem]';
    return [...document.querySelectorAll<HTMLElement>(all)].flatMap((element) => {
      const { display, position } = getComputedStyle(element);
      // A label is a target of its field as well.
      const label = element instanceof HTMLInputElement ? element.labels?.[0] : null;
      const boxes = [element, ...(label ? [label] : [])].map((target) => target.getBoundingClientRect());
      const isThere = element.checkVisibility({ visibilityProperty: true }) && position !== 'absolute';
      const isSmall = boxes.every(({ width, height }) => width < 24 || height < 24);
      return isThere && display !== 'inline' && isSmall ? [element.outerHTML.slice(0, 160)] : [];
    });
  });
}

/** What lies beyond the edge of the window, or is cut off where nobody can scroll to it; shortened titles are meant so. */
export function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} px wide in ${clientWidth} px`);
    for (const element of document.body.querySelectorAll<HTMLElement>('*')) {
      const style = getComputedStyle(element);
      const hides = ['hidden', 'clip'].includes(style.overflowX) && style.textOverflow !== 'ellipsis';
      const tooWide = hides && element.scrollWidth > element.clientWidth + 1;
      const tooHigh = ['hidden', 'clip'].includes(style.overflowY) && element.scrollHeight > element.clientHeight + 1;
      const box = element.getBoundingClientRect();
      const scrolls = element.closest('.log, .md-code, .tokens, .head-screens, .visually-hidden') !== null;
      const beyond = !scrolls && box.width > 1 && (box.right > clientWidth + 1 || box.left < -1);
      const hasText = element.textContent.trim() !== '' && element.checkVisibility({ visibilityProperty: true });
      if (hasText && !scrolls && (tooWide || tooHigh || beyond)) found.push(element.outerHTML.slice(0, 160));
    }
    return found;
  });
}

/** Whatever moves, or would when it changes. */
export function moving(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const animated = document.getAnimations().map(({ effect }) => {
      const target = effect instanceof KeyframeEffect ? effect.target : null;
      return target?.outerHTML.slice(0, 160) ?? 'an animation';
    });
    const changing = [...document.querySelectorAll('*')].filter((element) =>
      getComputedStyle(element)
        .transitionDuration.split(',')
        .some((duration) => Number.parseFloat(duration) > 0),
    );
    return [...animated, ...changing.map((element) => element.outerHTML.slice(0, 160))];
  });
}

/**
 * The same in a real Chromium, inside a frame with the content security policy of the built page: nothing may be refused that
 * we need, nothing may run that we do not.
 */
import axe from 'axe-core';
import { createElement, type ReactElement } from 'react';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Markdown } from './index';
import tokens from '../ui/tokens.css?inline';
import stylesheet from './markdown.css?inline';
import { attacks } from './testing/attacks';

/** As scripts/serve.mjs sends it. */
const POLICY = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'";

/** The first of an import may have to wait for the development server. */
const COLD = { timeout: 15_000 };

let frame: HTMLIFrameElement;
let root: Root;
let refused: string[];

beforeEach(async () => {
  frame = document.createElement('iframe');
  frame.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><title>t</title><body></body>`;
  frame.style.cssText = 'width: 600px; height: 800px';
  const loaded = new Promise((done) => frame.addEventListener('load', done, { once: true }));
  document.body.append(frame);
  await loaded;
  refused = [];
  page().addEventListener('securitypolicyviolation', (event) =>
    refused.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`),
  );
  root = createRoot(page().body);
});

afterEach(() => {
  root.unmount();
  frame.remove();
});

function page(): Document {
  if (!frame.contentDocument) throw new Error('the frame has no document');
  return frame.contentDocument;
}

function show(text: string, streaming = false): void {
  render(createElement(Markdown, { text, streaming }));
}

function render(element: ReactElement): void {
  flushSync(() => root.render(element));
}

describe('formulas', () => {
  it('are typeset under the policy, in a line and on a line', async () => {
    show('a $x^2$ b\n\n$$\n\\frac{1}{2}\n- \\color{red} y\n$$\n\n\\begin{x} \\( \\frac{ \\)');
    await vi.waitFor(() => expect(page().querySelectorAll('math')).toHaveLength(2), COLD);
    const [inline, display] = page().querySelectorAll('math');
    expect(inline?.querySelector('msup')?.getBoundingClientRect().width).toBeGreaterThan(5);
    expect(display?.getAttribute('display')).toBe('block');
    expect(display?.querySelector('mfrac')?.getBoundingClientRect().height).toBeGreaterThan(20);
    expect(page().querySelector('ul')).toBeNull();
    expect(page().querySelector('.md-formula > code')?.textContent).toBe('\\frac{');
    expect(refused).toEqual([]);
  });

  it.each([
    '\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}',
    '\\begin{aligned}a&=b\\\\c&=d\\end{aligned}',
    '\\begin{cases}a&x>0\\\\b&x<0\\end{cases}',
    '\\sum_{i=1}^{n} \\int_0^\\infty \\sqrt[3]{x} \\hat{y} \\vec{z} \\overline{w}',
    '\\mathbb{R} \\mathcal{L} \\mathscr{A} \\mathbf{b} \\text{if } \\operatorname{rank}',
    '\\boxed{E = mc^2} \\cancel{x} \\underbrace{a+b}_{n} \\xrightarrow{f}',
    '\\left( \\frac{\\partial f}{\\partial x} \\right)^{2} \\ldots \\quad \\textcolor{blue}{x}',
    "f'(x) = \\lim_{h \\to 0} \\frac{f(x+h) - f(x)}{h}",
  ])('lose no sign of %s', async (tex) => {
    show(`$$${tex}$$`);
    await vi.waitFor(() => expect(page().querySelector('math')).not.toBeNull());
    const { default: temml } = await import('temml');
    const reference = document.createElement('div');
    reference.innerHTML = temml.renderToString(tex, { displayMode: true });
    const shape = (element: Element): object => [element.localName, Array.from(element.children, shape)];
    const math = page().querySelector('math') as Element;
    expect(math.textContent).toBe(reference.textContent);
    expect(shape(math)).toEqual(shape(reference.querySelector('math') as Element));
    expect(refused).toEqual([]);
  });
});

describe('safety', () => {
  it('runs, fetches and refuses nothing, whatever the text tries', async () => {
    const alert = vi.spyOn(frame.contentWindow as Window & typeof globalThis, 'alert').mockImplementation(() => {});
    for (const attack of [...attacks, attacks.join('\n\n'), attacks.join(' ')]) {
      show(attack, true);
      show(attack);
    }
    await new Promise((done) => setTimeout(done, 200));
    expect(alert).not.toHaveBeenCalled();
    expect(refused).toEqual([]); // a refusal would mean that the policy was needed
    expect(page().querySelectorAll('script, img, iframe, object, embed, form, style, [id], [onclick]')).toHaveLength(0);
  });

  it('keeps what is drawn inside its own box', async () => {
    style();
    show(`before\n\n$$\\raisebox{500em}{x} \\kern-900em y$$\n\n$x \\hspace{-300em} y$ ${'W'.repeat(5000)}`);
    await vi.waitFor(() => expect(page().querySelectorAll('math')).toHaveLength(2));
    expect(page().documentElement.scrollWidth).toBeLessThanOrEqual(page().documentElement.clientWidth);
    expect(getComputedStyle(page().querySelector('.md') as Element).overflowX).toBe('clip');
  });
});

it('has targets of at least 24 px and is clean for axe', async () => {
  // axe looks at its own document only, so this one is outside the frame.
  const place = document.createElement('main');
  const sheet = document.createElement('style');
  sheet.textContent = tokens + stylesheet;
  document.body.append(sheet, place);
  const outside = createRoot(place);
  const text =
    '<think>hm</think># Title\n\ntext `code` [a](https://a.org) ![i](https://b.org/i)\n\n- [x] done\n\n| a | b |\n|---|--:|\n' +
    '| 1 | 2 |\n\n> quote\n\n```js\nlet a = "b"; // c\nf(1);\n```\n\n$$x^2$$\n\nnote[^1]\n\n[^1]: here';
  flushSync(() => outside.render(createElement(Markdown, { text })));
  await vi.waitFor(() => expect(place.querySelector('math')).not.toBeNull(), COLD);
  await vi.waitFor(() => expect(place.querySelector('.md-token-keyword')).not.toBeNull(), COLD);
  for (const target of place.querySelectorAll('button, summary')) {
    const { width, height } = target.getBoundingClientRect();
    expect([target.textContent, Math.min(width, height) >= 24]).toEqual([target.textContent, true]);
  }
  const { violations } = await axe.run(place, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'],
  });
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  outside.unmount();
  place.remove();
  sheet.remove();
});

/** The stylesheet as a file would come: constructed sheets are not under the policy. */
function style(): void {
  const view = frame.contentWindow as Window & typeof globalThis;
  const sheet = new view.CSSStyleSheet();
  sheet.replaceSync(stylesheet);
  page().adoptedStyleSheets = [sheet];
}

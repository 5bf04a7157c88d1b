// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import axe from 'axe-core';
import fc from 'fast-check';
import type * as ReactMarkdownModule from 'react-markdown';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Markdown } from './index';
import { inPieces, randomMarkdown } from './testing/random-markdown';
import { attacks } from './testing/attacks';

/** How often a block was parsed: each rendering of ReactMarkdown is one parse. */
const parses = vi.hoisted(() => ({ count: 0 }));
vi.mock('react-markdown', async (original) => {
  const { default: ReactMarkdown } = await original<typeof ReactMarkdownModule>();
  return {
    default: (props: Parameters<typeof ReactMarkdown>[0]) => {
      parses.count++;
      return ReactMarkdown(props);
    },
  };
});

afterEach(cleanup);

const html = (text: string) => render(<Markdown text={text} />).container.innerHTML;

/** Lets chunks arrive and effects run. */
const settle = () =>
  act(async () => {
    await vi.dynamicImportSettled();
    await new Promise((done) => setTimeout(done));
  });

describe('a text that grows', () => {
  it('ends as the whole text rendered at once', () => {
    // The parser shouts on the console before a text it breaks on is shown as written.
    const shouts = vi.spyOn(console, 'error').mockImplementation(() => {});
    fc.assert(
      fc.property(inPieces(randomMarkdown(12)), (pieces) => {
        const { container, rerender } = render(<Markdown text="" streaming />);
        let text = '';
        for (const piece of pieces) rerender(<Markdown text={(text += piece)} streaming />);
        rerender(<Markdown text={text} />);
        const whole = render(<Markdown text={text} />).container;
        // Equal but for the order of attributes; the strings are for the message.
        const streamed = container.isEqualNode(whole) ? whole : container;
        expect(streamed.innerHTML).toBe(whole.innerHTML);
        cleanup();
      }),
    );
    shouts.mockRestore();
  });

  it('is parsed once a step, and what is settled never again', () => {
    const paragraphs = Array.from({ length: 60 }, (_, index) => `Paragraph **${index}** with some words in it.\n\n`);
    const { rerender } = render(<Markdown text="" streaming />);
    parses.count = 0;
    let text = '';
    let steps = 0;
    for (const paragraph of paragraphs) {
      for (const piece of paragraph.match(/.{1,8}/gs) ?? []) {
        rerender(<Markdown text={(text += piece)} streaming />);
        steps++;
      }
    }
    rerender(<Markdown text={text} />);
    expect(parses.count).toBeLessThanOrEqual(steps + paragraphs.length + 1);
  });

  it('parses nothing for code, however long', () => {
    const { rerender } = render(<Markdown text="" streaming />);
    parses.count = 0;
    let text = '```ts\n';
    for (let index = 0; index < 100; index++)
      rerender(<Markdown text={(text += `const x${index} = 1;\n`)} streaming />);
    rerender(<Markdown text={`${text}\`\`\`\n`} />);
    expect(parses.count).toBe(0);
  });

  it('keeps the elements of settled blocks', () => {
    const { container, rerender } = render(<Markdown text={'# One\n\ntwo'} streaming />);
    const [heading, paragraph] = container.querySelectorAll('.md > *');
    rerender(<Markdown text={'# One\n\ntwo and **more**\n\n- three'} streaming />);
    rerender(<Markdown text={'# One\n\ntwo and **more**\n\n- three'} />);
    expect(container.querySelectorAll('.md > *')[0]).toBe(heading);
    expect(container.querySelectorAll('.md > *')[1]).toBe(paragraph);
  });
});

describe('elements', () => {
  it('stand below the headings of the page', () => {
    expect(html('# a\n\n## b\n\n###### c').match(/<h\d/g)).toEqual(['<h3', '<h4', '<h6']);
  });

  it('find their direction each for itself', () => {
    render(
      <Markdown
        text={'שלום\n\nhello\n\n> **مرحبا** all\n\n- أولا\n- two\n\n| `x` שם | b |\n| - | - |\n| 1 | 2 |\n\n1. one'}
      />,
    );
    const boxes = document.querySelectorAll('.md > p, .md blockquote, .md ul, .md ol, .md .md-table');
    expect(Array.from(boxes, (element) => element.getAttribute('dir'))).toEqual([
      'auto',
      'auto',
      'rtl',
      'rtl',
      'ltr',
      'ltr',
    ]);
  });

  it('shut up characters that turn the direction, and show them in code', () => {
    expect(html('a\u202Eb\u202C c')).toContain('<bdi>a\u202Eb\u202C c</bdi>');
    const code = html('`a\u202Eb`\n\n```\nc\u2066d\n```');
    expect(code).not.toMatch(/[\u202E\u2066]/);
    expect(code).toContain('U+202E');
    expect(code).toContain('U+2066');
  });

  it('keep line breaks, boxes, notes and the order of numbers', () => {
    expect(html('a\nb')).toContain('<br>');
    render(<Markdown text={'- [x] yes\n- [ ] no'} />);
    expect(screen.getByRole<HTMLInputElement>('checkbox', { name: 'Done' }).checked).toBe(true);
    expect(screen.getByRole<HTMLInputElement>('checkbox', { name: 'To do' }).checked).toBe(false);
    expect(html('3. a\n4. b')).toContain('<ol start="3"');
    expect(html('see[^1]\n\n[^1]: the source')).toMatch(/<sup>1<\/sup>.*role="note".*the source/s);
  });

  it('lead out of the page only in sight of the host', () => {
    render(
      <Markdown text={'[the bank](https://user@evil.example:8080/x "bank.example") https://a.org/b <me@b.org>'} />,
    );
    const link = screen.getByRole('link', { name: 'the bank' });
    expect(link.getAttribute('href')).toBe('https://user@evil.example:8080/x');
    expect(link.getAttribute('target')).toBe('_blank');
    expect(link.getAttribute('rel')).toBe('noopener noreferrer');
    expect(link.hasAttribute('title')).toBe(false);
    expect(link.nextElementSibling?.textContent).toBe('evil.example:8080');
    expect(screen.getByRole('link', { name: 'https://a.org/b' }).nextElementSibling?.className).not.toBe('md-host');
    expect(screen.getByRole('link', { name: 'me@b.org' }).nextElementSibling).toBeNull();
  });
});

describe('images', () => {
  it('are a link that says where it leads, and are never loaded here', () => {
    render(<Markdown text="![a cat](https://pics.example/cat.png)" />);
    const link = screen.getByRole('link', { name: 'Open image in a new tab' });
    expect(link.getAttribute('href')).toBe('https://pics.example/cat.png');
    expect(link.getAttribute('rel')).toBe('noopener noreferrer');
    expect(link.parentElement?.textContent).toMatch(/^a cat.*pics\.example will see/);
    expect(document.querySelector('img')).toBeNull();
  });

  it('of any other kind, and in a link, are only their description', () => {
    expect(html('![x](data:image/svg+xml,<svg/>) ![y](/icons/hearth.png) ![z](blob:x)')).not.toContain('<a');
    render(<Markdown text="[![a cat](https://pics.example/cat.png)](https://cats.example/)" />);
    expect(screen.getByRole('link', { name: 'a cat' }).getAttribute('href')).toBe('https://cats.example/');
  });
});

describe('code', () => {
  it('is a named group with its language, a switch for wrapping and a copy button', async () => {
    const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    render(<Markdown text={'```python\nprint(1)\n```'} />);
    const group = screen.getByRole('group', { name: 'Code, python' });
    const wrap = screen.getByRole('button', { name: 'Wrap' });
    fireEvent.click(wrap);
    expect(wrap.getAttribute('aria-pressed')).toBe('true');
    expect(group.querySelector('pre')?.dataset['wrapped']).toBe('true');
    fireEvent.click(screen.getByRole('button', { name: 'Copy code' }));
    await settle();
    expect(writeText).toHaveBeenCalledWith('print(1)');
    expect(screen.getByRole('status').textContent).toBe('Copied');
    writeText.mockRejectedValue(new Error('no'));
    fireEvent.click(screen.getByRole('button', { name: 'Copy code' }));
    await settle();
    expect(screen.getByRole('status').textContent).toMatch(/by hand/);
  });

  it('gets its colours when it is finished, without changing a character', async () => {
    const code = 'const a = "<b>&amp;"; // é\nfunction f(x) { return `${x}`; }';
    const { container, rerender } = render(<Markdown text={`\`\`\`js\n${code}`} streaming />);
    await settle();
    expect(container.querySelector('[class^=md-token]')).toBeNull();
    rerender(<Markdown text={`\`\`\`js\n${code}\n\`\`\`\n`} streaming />);
    await waitFor(() => expect(container.querySelector('.md-token-keyword')?.textContent).toBe('const'));
    expect(container.querySelector('pre')?.textContent).toBe(code);
  });

  it('does not flicker while its closing fence arrives', () => {
    const { container } = render(<Markdown text={'```js\na\n``'} streaming />);
    expect(container.querySelector('pre')?.textContent).toBe('a');
  });
});

describe('formulas', () => {
  it('show their TeX while they are being written', async () => {
    const { container } = render(<Markdown text={'so\n\n$$\na + b'} streaming />);
    await settle();
    expect(container.querySelector('.md-formula-display > code')?.textContent).toBe('a + b');
  });
});

describe('thoughts', () => {
  it('are open while they last and folded after', () => {
    vi.useFakeTimers();
    const onThought = vi.fn();
    const view = (text: string, streaming: boolean) => (
      <Markdown text={text} streaming={streaming} onThought={onThought} />
    );
    const { container, rerender } = render(view('<thi', true));
    expect(container.textContent).toBe('');
    rerender(view('<think>\nhm **so', true));
    const details = container.querySelector('details');
    expect(details?.open).toBe(true);
    expect(details?.querySelector('strong')?.textContent).toBe('so');
    act(() => void vi.advanceTimersByTime(3000));
    expect(container.querySelector('summary')?.textContent).toBe('Thinking3 s');
    rerender(view('<think>\nhm **so**</think>\n\nYes.', true));
    expect(details?.open).toBe(false);
    expect(container.querySelector('summary')?.textContent).toBe('Thought for 3 s');
    expect(container.querySelector('.md > p')?.textContent).toBe('Yes.');
    expect(onThought).toHaveBeenCalledExactlyOnceWith(3000);
    vi.useRealTimers();
  });

  it('stay as the person left them', () => {
    const { container, rerender } = render(<Markdown text="<think>a" streaming />);
    const details = container.querySelector('details') as HTMLDetailsElement;
    details.open = false;
    fireEvent(details, new Event('toggle'));
    rerender(<Markdown text="<think>a b" streaming />);
    expect(details.open).toBe(false);
  });
});

describe('safety', () => {
  it.each(attacks)('lets nothing out of %j', async (attack) => {
    const { container } = render(<Markdown text={attack} />);
    await settle();
    const elements = Array.from(container.querySelectorAll('*'));
    expect(
      elements.filter((element) =>
        /^(script|iframe|object|embed|form|svg|style|link|meta|base|img)$/i.test(element.tagName),
      ),
    ).toEqual([]);
    for (const element of elements) {
      for (const { name, value } of Array.from(element.attributes)) {
        expect(name).not.toMatch(/^on|^(id|name|srcdoc|formaction|action|style|srcset)$/i);
        if (name === 'href') expect(value).toMatch(/^(https?:\/\/|mailto:)/);
        if (name === 'class') expect(value).toMatch(/^((md|visually|tml)-[a-z0-9-]+|md|)( |$)/);
      }
    }
  });
});

it('is clean for axe', async () => {
  const { container } = render(
    <Markdown
      text={
        '<think>hm</think># Title\n\ntext `code` [a](https://a.org) ![i](https://b.org/i)\n\n- [x] done\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n' +
        '> quote\n\n```js\nlet a;\n```\n\nnote[^1]\n\n[^1]: here'
      }
    />,
  );
  await settle();
  const { violations } = await axe.run(container, { rules: { region: { enabled: false } } });
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
});

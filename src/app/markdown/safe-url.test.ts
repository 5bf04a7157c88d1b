import { describe, expect, it } from 'vitest';
import { hostOf, safeImage, safeLink, tellsHost } from './safe-url';

describe('safeLink', () => {
  it('takes the web and mailboxes', () => {
    expect(safeLink('https://a.org/b?c#d')?.href).toBe('https://a.org/b?c#d');
    expect(safeLink('HTTP://A.org')?.href).toBe('http://a.org/');
    expect(safeLink('mailto:me@a.org')?.href).toBe('mailto:me@a.org');
  });

  it.each([
    undefined,
    '',
    '/x',
    '?x',
    '#x',
    '//a.org',
    'https:a.org',
    'https:\\\\a.org',
    'https://a\\b',
    'javascript:x',
    'data:,x',
  ])('refuses %j', (address) => {
    expect(safeLink(address)).toBeNull();
  });

  it('has no mailboxes for images', () => {
    expect(safeImage('mailto:me@a.org')).toBeNull();
  });
});

describe('the host', () => {
  const tells = (text: string, address: string) => tellsHost(text, new URL(address));

  it('is what follows the last @, in ASCII', () => {
    expect(hostOf(new URL('https://bank.org@evil.org/'))).toBe('evil.org');
    expect(hostOf(new URL('https://аpple.com/'))).toBe('xn--pple-43d.com'); // the first letter is Cyrillic
  });

  it('is told by a text only if it is the same', () => {
    expect(tells('https://a.org/b', 'https://a.org/c')).toBe(true);
    expect(tells('a.org', 'https://a.org/')).toBe(true);
    expect(tells('https://a.org', 'https://evil.org/')).toBe(false);
    expect(tells('https://a.org@evil.org', 'https://evil.org/')).toBe(false);
    expect(tells('here', 'https://a.org/')).toBe(false);
  });
});

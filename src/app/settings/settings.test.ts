import fc from 'fast-check';
import { expect, it } from 'vitest';
import { defaultSettings, readSettings, SETTINGS_KEY, writeSettings } from './settings';

const stored = (text: string | null) => ({ getItem: (key: string) => (key === SETTINGS_KEY ? text : null) });

it('has defaults for what is not there', () => {
  expect(readSettings(null)).toEqual(defaultSettings);
  expect(readSettings(stored(null))).toEqual(defaultSettings);
  expect(readSettings(stored('{"theme":"dark"}'))).toEqual({ ...defaultSettings, theme: 'dark' });
});

it('keeps what makes sense beside what does not', () => {
  const text = '{"theme":"purple","sendKey":"ctrl-enter","maxPasteCharacters":1e9,"systemPrompt":7,"gone":true}';
  expect(readSettings(stored(text))).toEqual({ ...defaultSettings, sendKey: 'ctrl-enter' });
});

it.each([
  'https:hub.example',
  'https:/hub.example',
  ' https://hub.example',
  'https://me:secret@hub.example',
  'http://a.b',
])('has no hub at %s, which the client could not use', (hubUrl) => {
  expect(readSettings(stored(JSON.stringify({ hubUrl }))).hubUrl).toBe('');
});

it('has a hub where it is written out', () => {
  for (const hubUrl of ['https://hub.example', 'HTTPS://hub.example/path/', 'http://localhost:8000']) {
    expect(readSettings(stored(JSON.stringify({ hubUrl }))).hubUrl).toBe(hubUrl);
  }
});

it('reads anything at all as settings', () => {
  const shape = Object.keys(defaultSettings).sort();
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.object().map((one) => JSON.stringify(one)),
      ),
      (text) => {
        expect(Object.keys(readSettings(stored(text))).sort()).toEqual(shape);
      },
    ),
  );
});

it('comes back as it was written, and a full disk is no error', () => {
  let text: string | null = null;
  const settings = { ...defaultSettings, language: 'de', maxPasteCharacters: 4000 } as const;
  writeSettings({ setItem: (_, value) => (text = value) }, settings);
  expect(readSettings(stored(text))).toEqual(settings);
  const full = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  expect(() => writeSettings({ setItem: full }, settings)).not.toThrow();
});

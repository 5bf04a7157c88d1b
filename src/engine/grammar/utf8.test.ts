import fc from 'fast-check';
import { expect, it } from 'vitest';
import { maskWords } from '../../kernels/shared/mask-words';
import { occursInUtf8, Utf8Guard } from './utf8';

const utf8 = new TextEncoder();

it('any piece of a text occurs in one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 6 }), fc.nat(30), fc.nat(30), (text, from, count) => {
      expect(occursInUtf8(utf8.encode(text).subarray(from, from + count))).toBe(true);
    }),
  );
});

it('no piece occurs in one that completes to nothing', () => {
  const strict = new TextDecoder('utf-8', { fatal: true });
  const completes = (bytes: number[]) => {
    // A piece of one character at most before, and after it what is missing of the last one.
    const before = [[], [0xc3], [0xe1], [0xe1, 0x80], [0xf1], [0xf1, 0x80], [0xf1, 0x80, 0x80]];
    const after = [
      [],
      [0x80],
      [0x80, 0x80],
      [0x80, 0x80, 0x80],
      [0x90],
      [0x90, 0x80],
      [0x90, 0x80, 0x80],
      [0xa0, 0x80],
    ];
    return before.some((first) =>
      after.some((last) => {
        try {
          strict.decode(Uint8Array.from([...first, ...bytes, ...last]));
          return true;
        } catch {
          return false;
        }
      }),
    );
  };
  const edges = [
    0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf4, 0xf5,
  ];
  for (const a of edges) {
    for (const b of edges) {
      for (const c of edges) {
        const bytes = [a, b, c];
        expect(occursInUtf8(Uint8Array.from(bytes)), bytes.map((byte) => byte.toString(16)).join(' ')).toBe(
          completes(bytes),
        );
      }
    }
  }
});

it('takes out of a mask what may not follow a first byte, and leaves it as it is elsewhere', () => {
  const tokens = [[0xf0], [0x80], [0x8f, 0x80], [0x90], [0xbf, 0x41], [0x41], []].map((bytes) =>
    Uint8Array.from(bytes),
  );
  const guard = new Utf8Guard(tokens);
  const allowedAfter = (lastId: number) => {
    const mask = new Uint32Array(maskWords(tokens.length)).fill(0xffff_ffff);
    guard.narrow(mask, lastId);
    return [...tokens.keys()].filter((id) => (mask[0]! >>> id) & 1);
  };
  expect(allowedAfter(0)).toEqual([0, 3, 4, 5, 6]);
  for (const lastId of [1, 3, 5, 6]) expect(allowedAfter(lastId)).toEqual([...tokens.keys()]);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_BODY_CHARACTERS, readHostMessage } from './messages';

const fetchMessage = { type: 'fetch', id: 1, method: 'POST', url: 'https://hearth.local/v1/models', body: null };

describe('reads', () => {
  it.each([
    fetchMessage,
    { ...fetchMessage, body: 'x'.repeat(MAX_BODY_CHARACTERS) },
    { type: 'pull', id: 7 },
    { type: 'load', id: 2, model: 'tales' },
    { type: 'load', id: 2, model: 'tales', contextLength: 256 },
    { type: 'status', id: Number.MAX_SAFE_INTEGER },
    { type: 'abort', id: 1 },
    { type: 'theme', theme: 'dark' },
    { type: 'close' },
  ])('$type', (message) => {
    expect(readHostMessage(message)).toEqual({ message });
  });

  it('nothing but the fields it knows', () => {
    const message = { type: 'pull', id: 1, constructor: 'x', signal: { aborted: true } };
    expect(readHostMessage(message)).toEqual({ message: { type: 'pull', id: 1 } });
  });
});

describe('refuses', () => {
  it.each([null, undefined, 'close', 7, true])('%s', (data) => {
    expect(readHostMessage(data)).toMatchObject({
      id: null,
      wrong: expect.stringContaining('expected an object') as string,
    });
  });

  it.each([
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'get',
    'size',
    '',
    'FETCH',
    null,
    7,
    ['close'],
    { type: 'close' },
  ])('the type %j', (type) => {
    const read = readHostMessage({ type, id: 3 });
    expect(read).toEqual({ id: 3, wrong: expect.stringContaining('no messages of this type') as string });
  });

  it('a type below a field that names a prototype', () => {
    const data: unknown = JSON.parse('{ "__proto__": { "type": "close" }, "id": 3 }');
    expect(readHostMessage(data)).toMatchObject({ id: 3, wrong: expect.any(String) as string });
  });

  it.each([
    ['body', { body: 'x'.repeat(MAX_BODY_CHARACTERS + 1) }],
    ['body', { body: new Uint8Array(8) }],
    ['body', { body: undefined }],
    ['url', { url: `https://hearth.local/${'x'.repeat(4000)}` }],
    ['url', { url: ['https://hearth.local'] }],
    ['method', { method: 'CONNECT' }],
    ['method', { method: 'constructor' }],
  ])('a fetch with a wrong %s', (field, wrong) => {
    expect(readHostMessage({ ...fetchMessage, ...wrong })).toEqual({
      id: 1,
      wrong: expect.stringContaining(`"${field}"`) as string,
    });
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity, 2 ** 53, '1', null, undefined, {}])('the id %j', (id) => {
    expect(readHostMessage({ type: 'abort', id })).toMatchObject({ id: null, wrong: expect.any(String) as string });
  });

  it.each([0, 0.5, '256', null])('a context of %j tokens', (contextLength) => {
    expect(readHostMessage({ type: 'load', id: 1, model: 'tales', contextLength })).toHaveProperty('wrong');
  });

  it('whatever else there is, without ever throwing', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withMap: true, withTypedArray: true }), (data) => {
        expect(readHostMessage(data)).toHaveProperty('wrong');
      }),
    );
  });
});

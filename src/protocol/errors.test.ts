import * as Comlink from 'comlink';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HearthError, isAbort } from '../lib/errors';
import { installErrorTransfer, packError } from './errors';

const far = {
  throwHearth(): never {
    const socket = Object.assign(new TypeError('connection reset'), { name: 'TypeError' });
    const network = new HearthError('network', 'The download stopped at 3 of 12 MB.', { cause: socket });
    throw new HearthError('bad-file', 'Found half a model.', { hint: 'Fetch the other half.', cause: network });
  },
  rejectLater: () => Promise.reject(new HearthError('out-of-memory', 'No room for 3 GB.')),
  throwDomAbort(): never {
    throw new DOMException('stopped', 'AbortError');
  },
  throwText(): never {
    // A library may throw anything.
    // oxlint-disable-next-line no-throw-literal
    throw 'just a word';
  },
  throwWithFunction(): never {
    throw new HearthError('internal', 'Odd cause.', { cause: { retry: () => undefined } });
  },
};

describe('errors across a thread', () => {
  const { port1, port2 } = new MessageChannel();
  const near = Comlink.wrap<typeof far>(port1);

  beforeAll(() => {
    installErrorTransfer();
    Comlink.expose(far, port2);
  });
  afterAll(() => {
    port1.close();
    port2.close();
  });

  const caught = (call: Promise<unknown>) =>
    call.then(
      () => expect.unreachable('the call should have thrown'),
      (error: unknown) => error,
    );

  it('keeps class, code, message, hint and the chain of causes', async () => {
    const error = await caught(near.throwHearth());
    expect(error).toBeInstanceOf(HearthError);
    expect(error).toMatchObject({ code: 'bad-file', message: 'Found half a model.', hint: 'Fetch the other half.' });
    const network = (error as HearthError).cause;
    expect(network).toBeInstanceOf(HearthError);
    expect(network).toMatchObject({ code: 'network' });
    const socket = (network as HearthError).cause;
    expect(socket).toBeInstanceOf(Error);
    expect(socket).toMatchObject({ name: 'TypeError', message: 'connection reset' });
    expect((error as HearthError).stack).toContain('throwHearth');
  });

  it('carries rejections like throws, with the default hint', async () => {
    const error = await caught(near.rejectLater());
    expect(error).toMatchObject({ code: 'out-of-memory', hint: new HearthError('out-of-memory', '').hint });
  });

  it('leaves an AbortError recognisable', async () => {
    expect(isAbort(await caught(near.throwDomAbort()))).toBe(true);
  });

  it('carries values that are no errors', async () => {
    expect(await caught(near.throwText())).toBe('just a word');
  });

  it('turns what cannot be cloned into text instead of losing the error', async () => {
    expect(await caught(near.throwWithFunction())).toMatchObject({ code: 'internal', cause: '[object Object]' });
  });

  it('cuts a loop of causes', () => {
    const error = new HearthError('internal', 'It is its own cause.');
    error.cause = error;
    expect(JSON.stringify(packError(error)).length).toBeLessThan(100_000);
  });
});

import { describe, expect, it, vi } from 'vitest';
import { toApiError } from './api-error';
import { respondWithEvents, type EventStreamOptions } from './event-stream';

const never = new Promise<void>(() => {});

function respond(options: Partial<EventStreamOptions>) {
  return respondWithEvents({
    signal: new AbortController().signal,
    onCancel() {},
    write: async () => {},
    toApiError: (error) => toApiError(error, null),
    ...options,
  });
}

describe('a response of events', () => {
  it('is written one event after another, and ends', async () => {
    const response = await respond({
      async write(send) {
        send({ a: 'ü\n' });
        await Promise.resolve();
        send({ b: 2 });
      },
    });
    expect(await response.text()).toBe('data: {"a":"ü\\n"}\n\ndata: {"b":2}\n\ndata: [DONE]\n\n');
    expect(await (await respond({})).text()).toBe('data: [DONE]\n\n');
  });

  it('is there as soon as there is something to read', async () => {
    const { body } = await respond({ write: (send) => (send({ a: 1 }), never) });
    const { value } = await body!.getReader().read();
    expect(new TextDecoder().decode(value)).toBe('data: {"a":1}\n\n');
  });

  it('is none when writing fails before; later that is the last event', async () => {
    await expect(respond({ write: () => Promise.reject(new Error('Too early.')) })).rejects.toThrow('Too early.');
    const response = await respond({
      async write(send) {
        send({ a: 1 });
        throw new Error('Too late.');
      },
    });
    expect(await response.text()).toMatch(/^data: \{"a":1\}\n\ndata: \{"error":.*Too late\..*\}\n\n$/);
  });

  it('tells at once when its reader leaves, though nothing more is written', async () => {
    const onCancel = vi.fn();
    const { body } = await respond({ onCancel, write: (send) => (send({ a: 1 }), never) });
    await body!.cancel('enough');
    expect(onCancel).toHaveBeenCalledWith('enough');
  });

  it('fails with the reason of the signal, though nothing more is written', async () => {
    const controller = new AbortController();
    const { body } = await respond({ signal: controller.signal, write: (send) => (send({ a: 1 }), never) });
    const reader = body!.getReader();
    await reader.read();
    controller.abort(new Error('Enough.'));
    await expect(reader.read()).rejects.toThrow('Enough.');
  });
});

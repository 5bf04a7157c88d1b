import { expect, it } from 'vitest';
import { listRemoteModels } from './models';
import { serve } from './testing/openai-server';

it('a server that does not answer is not waited for longer than a person would', async () => {
  const server = await serve(() => {});
  try {
    const { signal } = new AbortController();
    await expect(listRemoteModels({ url: server.url, key: null }, signal, 50)).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining('not answered within'),
    });
  } finally {
    server.close();
  }
});

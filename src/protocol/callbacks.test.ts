import * as Comlink from 'comlink';
import { expect, it } from 'vitest';
import { releaseCallback } from './callbacks';

it('closes the port behind a callback after what was sent through it, and leaves plain functions alone', async () => {
  const { port1, port2 } = new MessageChannel();
  let kept: ((text: string) => Promise<void>) | undefined;
  Comlink.expose(
    {
      async tell(callback: (text: string) => Promise<void>) {
        void callback('first');
        await callback('second');
        releaseCallback(callback);
        kept = callback;
      },
    },
    port2,
  );
  const far = Comlink.wrap<{ tell(callback: (text: string) => void): Promise<void> }>(port1);
  const heard: string[] = [];
  await far.tell(Comlink.proxy((text: string) => void heard.push(text)));
  expect(heard).toEqual(['first', 'second']);
  expect(() => kept?.('third')).toThrow(/released/);

  const plain = (text: string) => heard.push(text);
  releaseCallback(plain);
  plain('fourth');
  expect(heard).toHaveLength(3);
  port1.close();
  port2.close();
});

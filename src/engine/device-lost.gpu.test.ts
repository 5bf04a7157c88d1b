import { expect, it } from 'vitest';
import { findDevice } from '../gpu/device';
import { present } from '../lib/invariant';
import { createEngine } from './index';
import type { GenerateEvent } from './index';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { shipped } from './testing/packings';

it('a device destroyed in mid-answer fails the request, every later one, and the next load, with device-lost', async () => {
  const device = present((await findDevice(navigator.gpu)).device, 'a WebGPU device');
  const engine = createEngine({ device });
  const stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
  const { modelId } = await engine.loadModel(stored, { contextLength: 128 });
  const events: GenerateEvent[] = [];
  const request = (async () => {
    const options = { temperature: 0, maxTokens: 100, logitBias: { 100: 100 } }; // never ends by itself
    for await (const event of engine.generate(modelId, { kind: 'text', text: 'Once upon a time' }, options)) {
      events.push(event);
      if (event.type === 'text') device.destroy();
    }
  })();
  const lost = { name: 'HearthError', code: 'device-lost', hint: expect.stringMatching(/\.$/) };
  await expect(request).rejects.toMatchObject(lost);
  expect(events.at(-1)?.type).toBe('text');
  const next = engine.generate(modelId, { kind: 'text', text: 'Once' }).next();
  await expect(next).rejects.toMatchObject(lost);
  await expect(engine.loadModel(stored)).rejects.toMatchObject(lost);
  await engine.dispose();
});

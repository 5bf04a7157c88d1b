import { readFileSync, readdirSync, statSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type Hub, startHub } from '../e2e/support/hub-server.mjs';
import type { HearthError } from '../src/lib/errors';
import { modelPage } from '../src/models/index';
import { Importer } from '../src/weights/importer';
import { MemoryStore } from '../src/weights/memory-store';
import { UrlSource } from '../src/weights/sources/url';
import { inspectModel } from './inspection';
import { reportModels } from './model-report';

const folder = new URL('../public/models/tales-draft/', import.meta.url);
/** What an import asks for; the folder holds a licence and a model card besides. */
const names = readdirSync(folder).filter((name) => /\.(json|jinja|safetensors)$/.test(name));
const files = Object.fromEntries(names.map((name) => [name, readFileSync(new URL(name, folder))]));

let hub: Hub;
afterEach(() => hub.close());

async function look(changed: Record<string, Uint8Array> = {}) {
  hub = await startHub({ ...files, ...changed }, { redirects: true });
  return inspectModel('m', { source: new UrlSource(hub.url), file: null }, 'webgpu', {
    retry: { delaysMs: [], stallMs: 2000 },
  });
}

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error as HearthError,
  );

describe('a look at a model before it is downloaded', () => {
  it('tells what an import then comes to, for every precision', async () => {
    const inspection = await look();
    const store = new MemoryStore();
    const importer = new Importer({
      store,
      describe: (config) => modelPage(config).weights(modelPage(config).readConfig(config)),
    });
    for (const { precision, weightBytes, readBytes } of inspection.choices) {
      await importer.ensure(
        '1',
        { modelId: 'm', source: { kind: 'url', url: hub.url }, origins: [new URL(hub.url).origin], precision },
        () => {},
      );
      const [report] = reportModels([], await importer.records(), 'webgpu');
      expect({ ...report }).toMatchObject({ precision, contexts: inspection.contexts, layers: inspection.layers });
      expect(weightBytes / (report?.weightBytes ?? 0)).toBeCloseTo(1, 2);
      expect(readBytes).toEqual(report?.readBytes);
    }
    expect(inspection).toMatchObject({ modelId: 'm', architecture: 'llama', vocabSize: 4096, parameterCount: 918_144 });
    expect(inspection.choices.map(({ precision }) => precision)).toEqual([null, 'int8', 'bf16']);
    expect(inspection.downloadBytes).toBe(names.reduce((sum, name) => sum + statSync(new URL(name, folder)).size, 0));
  });

  it('reads a few kilobytes', async () => {
    await look();
    const config = files['config.json']?.length ?? 0;
    expect(hub.log.reduce((sum, { sentBytes }) => sum + sentBytes, 0)).toBeLessThan(config + 16 * 1024 + 10);
    expect(hub.log.filter(({ path }) => path === 'tokenizer.json')).toMatchObject([{ startBytes: 0, endBytes: 1 }]);
  });

  it('refuses what an import would refuse, before any weights', async () => {
    const config = { ...JSON.parse(String(files['config.json'])), model_type: 'mamba' };
    const error = await caught(look({ 'config.json': Buffer.from(JSON.stringify(config)) }));
    expect(error).toMatchObject({
      code: 'unsupported-model',
      message: expect.stringMatching(/"mamba".*known are: llama/),
    });
    expect(hub.log.some(({ path }) => path === 'model.safetensors')).toBe(false);
    await hub.close();
    const wider = { ...JSON.parse(String(files['config.json'])), intermediate_size: 416 };
    expect(await caught(look({ 'config.json': Buffer.from(JSON.stringify(wider)) }))).toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(/shape \[384, 128\].*\[416, 128\]/),
    });
  });
});

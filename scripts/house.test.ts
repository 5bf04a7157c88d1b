import { describe, expect, it } from 'vitest';
import { findViolations } from './house.mjs';

describe('the walls of the house', () => {
  it.each([
    ['src/engine/engine.ts', `import { step } from '../models/llama';`],
    ['src/engine/engine.ts', `import { HearthError } from '../lib/errors'; import { a } from './sampler';`],
    ['src/models/llama.ts', `import type { Manifest } from '../weights/manifest';`],
    ['src/models/llama.ts', `import { type Manifest } from '../weights/manifest';`],
    ['src/kernels/matvec/matvec.cpu.ts', `import { unpack } from '../../quant/int4';`],
    ['src/kernels/shared/packed.ts', `import { rowLayout } from '../../quant/format';`],
    ['src/models/llama.ts', `import { rowLayout } from '../quant/format';`],
    ['src/app/main.tsx', `import React from 'react'; import './app.css'; import { tales } from '../catalog/catalog';`],
    ['src/client/spawn-worker.ts', `new Worker(new URL('../../workers/engine.worker.ts', import.meta.url));`],
    ['src/kernels/matvec/matvec.gpu.test.ts', `import { createEngine } from '../../engine/engine';`],
    ['src/client/testing/fake-engine.ts', `import { x } from '../../engine/engine';`],
    ['workers/engine.worker.ts', `import { createEngine } from '../src/engine'; import * as Comlink from 'comlink';`],
    ['src/engine/bisect.ts', `import { readFile } from 'node:fs/promises';`],
  ])('allow %s: %s', (file, source) => {
    expect(findViolations(file, source)).toEqual([]);
  });

  it.each([
    ['src/lib/ids.ts', `import { x } from '../gpu/device';`],
    ['src/gpu/recorder.ts', `import { kernels } from '../kernels/index';`],
    ['src/gpu/recorder.ts', `import type { Kernel } from '../kernels/kernel';`],
    ['src/gpu/recorder.ts', `export * from '../kernels/index';`],
    ['src/gpu/recorder.ts', `export { a } from '../kernels/index';`],
    ['src/gpu/recorder.ts', `const k = await import('../kernels/index');`],
    ['src/models/llama.ts', `import { readManifest } from '../weights/manifest';`],
    ['src/models/llama.ts', `import { type Manifest, readManifest } from '../weights/manifest';`],
    ['src/models/llama.ts', `import '../weights/manifest';`],
    ['src/kernels/matvec/matvec.ts', `import { unpack } from '../../quant/int4';`],
    ['src/client/client.ts', `import { rowLayout } from '../quant/format';`],
    ['src/engine/engine.ts', `import type { EngineApi } from '../protocol/engine-api';`],
    ['src/engine/engine.ts', `import { proxy } from 'comlink';`],
    ['src/engine/engine.ts', `import { createRoot } from 'react-dom/client';`],
    ['src/app/main.tsx', `import { requestDevice } from '../gpu/device';`],
    ['src/app/main.tsx', `const worker = new Worker('/engine.js');`],
    ['src/client/client.ts', `import { createEngine } from '../engine/engine';`],
    ['src/client/client.ts', `import api from '../../workers/engine.worker';`],
    ['src/text/tokenizer.ts', `import { readFileSync } from 'node:fs';`],
    ['src/attic/old.ts', `export {};`],
  ])('catch %s: %s', (file, source) => {
    expect(findViolations(file, source)).toHaveLength(1);
  });

  it('say who and what', () => {
    expect(findViolations('src/gpu/recorder.ts', `import { kernels } from '../kernels/index';`)).toEqual([
      'src/gpu/recorder.ts: "gpu" may not import "../kernels/index"',
    ]);
  });
});

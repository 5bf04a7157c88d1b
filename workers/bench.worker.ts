/** The benchmark's thread: a device of its own, so that nothing of the engine's stands in the figures. It ends with each run. */
import * as Comlink from 'comlink';
import { benchHere, offerFor } from '../src/bench/bench';
import { findDevice } from '../src/gpu/device';
import { log } from '../src/lib/log';
import type { BenchApi } from '../src/protocol/bench-api';
import { installErrorTransfer } from '../src/protocol/errors';
import { forwardLog } from '../src/protocol/log-message';
import { forgetWeights, keepWeights } from './bench-store';

installErrorTransfer();
forwardLog(log, 'benchmark', (message) => postMessage(message));
Comlink.expose({
  async offer() {
    const { device, report } = await findDevice(navigator.gpu, isSecureContext);
    device?.destroy();
    await forgetWeights().catch(() => {}); // where nothing can be stored there is nothing to forget
    return offerFor(report);
  },
  run: (wishes, onProgress) => benchHere(navigator.gpu, isSecureContext, { ...wishes, keepWeights, onProgress }),
} satisfies BenchApi);

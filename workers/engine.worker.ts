/**
 * The GPU thread. It waits for the page's calls (protocol/engine-api.ts), finds a device at the first of them, and reads
 * weights from the store that the import thread fills.
 */
import * as Comlink from 'comlink';
import { createEngine } from '../src/engine';
import { findDevice } from '../src/gpu/device';
import { log } from '../src/lib/log';
import { version } from '../src/lib/version';
import { installErrorTransfer } from '../src/protocol/errors';
import { forwardLog } from '../src/protocol/log-message';
import { IndexedDbStore } from '../src/weights/indexed-db-store';
import { openStoredWeights } from '../src/weights/load';
import { createEngineApi } from './engine-api';
import { openTuningStore } from './tuning-store';

installErrorTransfer();
forwardLog(log, 'engine', (message) => postMessage(message));
const store = new IndexedDbStore();
const tuning = { store: openTuningStore(), build: `${navigator.userAgent}, Hearth ${version}` };
Comlink.expose(
  createEngineApi({
    findDevice: () => findDevice(navigator.gpu, isSecureContext),
    createEngine: (device, renewDevice) => createEngine({ device, renewDevice, tuning }),
    openStored: (modelId) => openStoredWeights(store, modelId),
  }),
);

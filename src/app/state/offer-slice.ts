/**
 * A model that a person looks at before it is downloaded: what it would take, in which precisions, and how fast this device
 * would write with it. One at a time; nothing is fetched of it but its headers until the person says so.
 */
import { findModel } from '../../catalog/catalog';
import {
  isAbort,
  toHearthError,
  type HearthError,
  type Inspection,
  type Precision,
  type ReadingSpeed,
} from '../../client';
import { readSpeeds, writeSpeeds, type Speeds } from '../models/speed';
import type { AppServices, AppState, Slice } from './store';

export interface Offer {
  /** What it will be called in the store. */
  modelId: string;
  /** Where its bytes come from; null for this site's own. */
  host: string | null;
  look: { kind: 'looking' } | { kind: 'found'; inspection: Inspection } | { kind: 'failed'; error: HearthError };
  /** How its weights are to be stored. */
  precision: Precision | null;
}

export interface OfferSlice {
  offer: Offer | null;
  /** What devices have been found to read, by adapter. */
  speeds: Speeds;
  /** The device is being measured. */
  measuring: boolean;
  /** Why it could not be. */
  measureProblem: HearthError | null;

  /** Looks at a model, in place of the one before. @param address a catalogue id, `owner/name` of the hub, or an address */
  lookAt(address: string): Promise<void>;
  choosePrecision(precision: Precision | null): void;
  /** Downloads what was looked at. */
  acceptOffer(): Promise<void>;
  closeOffer(): void;
  measureSpeed(): Promise<void>;
}

/** The hub that repositories lie at. */
export const HUB_HOST = 'huggingface.co';

export function createOfferSlice({ client, chats }: AppServices): Slice<OfferSlice> {
  const { settings: storage } = chats.places;
  let looking: AbortController | null = null;

  return (set, get) => ({
    offer: null,
    speeds: readSpeeds(storage),
    measuring: false,
    measureProblem: null,

    async lookAt(address) {
      looking?.abort();
      const controller = new AbortController();
      looking = controller;
      const offer: Offer = { modelId: address, host: hostOf(address), look: { kind: 'looking' }, precision: null };
      const settle = (look: Offer['look']) => {
        if (looking === controller) set({ offer: { ...offer, look } });
      };
      settle(offer.look);
      try {
        const { signal } = controller;
        settle({ kind: 'found', inspection: await client.inspectModel(address, { signal }) });
      } catch (error) {
        if (!isAbort(error)) settle({ kind: 'failed', error: toHearthError(error) });
      }
    },

    choosePrecision(precision) {
      set(({ offer }) => ({ offer: offer && { ...offer, precision } }));
    },

    async acceptOffer() {
      const { offer, closeOffer, getModel } = get();
      if (!offer) return;
      closeOffer();
      await getModel(offer.modelId, { source: offer.modelId, precision: offer.precision });
    },

    closeOffer() {
      looking?.abort();
      looking = null;
      set({ offer: null });
    },

    async measureSpeed() {
      const { device, measuring } = get();
      if (!device || measuring) return;
      set({ measuring: true, measureProblem: null });
      try {
        const speeds = { ...readSpeeds(storage), ...get().speeds, [device.adapter]: await client.measureReading() };
        writeSpeeds(storage, speeds);
        set({ speeds });
      } catch (error) {
        set({ measureProblem: toHearthError(error) });
      } finally {
        set({ measuring: false });
      }
    },
  });
}

/** Of this device, once it has been measured. */
export function speedOf({ device, speeds }: Pick<AppState, 'device' | 'speeds'>): ReadingSpeed | null {
  return (device && speeds[device.adapter]) ?? null;
}

function hostOf(address: string): string | null {
  if (/^https?:\/\//.test(address)) return new URL(address).host;
  const entry = findModel(address);
  return entry && entry.repository === undefined ? null : HUB_HOST;
}

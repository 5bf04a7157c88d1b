/**
 * Which of several kernels a step is recorded with, where they give the same bits. A point is one such choice, named after
 * what is computed ("decoder=int4 width=576 …", "group=3 kvHeads=3 …"); the first of its variants is the default. What has
 * been measured to be faster is the device's own and outlasts the visit, in a record that is read again with distrust.
 */
import * as v from 'valibot';
import { attentionVariants } from '../../kernels/attention/attention-variants';
import type { AttentionKey, AttentionVariant } from '../../kernels/attention/attention-variants';
import { productVariants } from '../../kernels/product-variants';
import type { ProductKey, ProductVariant } from '../../kernels/product-variants';

export type Key = ProductKey | AttentionKey;
export type Variant = ProductVariant | AttentionVariant;
export type Variants = readonly [Variant, ...Variant[]];

/** What measuring a point has come to. */
export interface TunedPoint {
  point: string;
  /** Name of the variant that is used. */
  variant: string;
  /** Its speed in speeds of the default: 1 where that stays. */
  gain: number;
  /** Variants whose results were not the default's on this device: they are never used there. */
  refused: readonly string[];
}

export type Decision = Omit<TunedPoint, 'point'>;

/** All that is known of a device, as it is kept. */
export interface TuningRecord {
  /** Adapter, browser and build that were measured. */
  readonly device: string;
  readonly isOn: boolean;
  readonly decisions: Readonly<Record<string, Decision>>;
}

/** What is known and used, for people. */
export interface TuningReport {
  isOn: boolean;
  points: readonly TunedPoint[];
}

/** Where the record is kept; both may reject where a browser keeps nothing. */
export interface TuningStore {
  read(): Promise<unknown>;
  write(record: TuningRecord): Promise<void>;
}

/** Says which of a point's variants is recorded now. */
export type Pick = (point: string, key: Key, variants: Variants) => Variant;

const decision = v.object({
  variant: v.string(),
  gain: v.pipe(v.number(), v.finite(), v.minValue(0)),
  refused: v.array(v.string()),
});
const record = v.object({ device: v.string(), decisions: v.record(v.string(), decision) });
const offSwitch = v.object({ isOn: v.boolean() });

/** e.g. "outputs=1536 rows=1" */
export function nameOf(parts: Key | Variant): string {
  return Object.entries(parts)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

export class TuningTable {
  readonly #decisions: Map<string, Decision>;
  #isOn: boolean;
  #pick: Pick | null = null;

  private constructor(
    readonly device: string,
    readonly store: TuningStore | null,
    decisions: TuningRecord['decisions'],
    isOn: boolean,
  ) {
    this.#decisions = new Map(Object.entries(decisions));
    this.#isOn = isOn;
  }

  /** Every point has its default, and none is measured. */
  static ofDefaults(): TuningTable {
    return new TuningTable('', null, {}, false);
  }

  /** What was measured on this very device; nothing where the record is damaged, of another device, or cannot be read. */
  static async open(store: TuningStore, device: string): Promise<TuningTable> {
    const found = await store.read().catch(() => null);
    const kept = v.safeParse(record, found);
    const isOn = v.safeParse(offSwitch, found);
    const isOurs = kept.success && kept.output.device === device;
    const decisions = isOurs ? kept.output.decisions : {};
    return new TuningTable(device, store, decisions, isOn.success ? isOn.output.isOn : true);
  }

  /** Whether points are measured, and what they came to is used. */
  get isOn(): boolean {
    return this.#isOn;
  }

  get decisions(): ReadonlyMap<string, Decision> {
    return this.#decisions;
  }

  /** The variant of a product to record. */
  choose(key: ProductKey): ProductVariant {
    return this.#chosen(key, productVariants(key));
  }

  /** The variant of an attention to record. */
  chooseAttention(key: AttentionKey): AttentionVariant {
    return this.#chosen(key, attentionVariants(key));
  }

  /** What was decided of variants that no longer exist means nothing. */
  #chosen<V extends Variant>(key: Key, variants: readonly [V, ...V[]]): V {
    const point = nameOf(key);
    const picked = this.#pick && nameOf(this.#pick(point, key, variants));
    const wanted = picked ?? (this.#isOn ? this.#decisions.get(point)?.variant : undefined);
    return variants.find((variant) => nameOf(variant) === wanted) ?? variants[0];
  }

  /** Records something with the variants that `pick` says, which also hears of every point that is passed. */
  recordWith(pick: Pick, record: () => void): void {
    this.#pick = pick;
    try {
      record();
    } finally {
      this.#pick = null;
    }
  }

  decide(point: string, decided: Decision): void {
    this.#decisions.set(point, decided);
    this.#keep();
  }

  switchOn(isOn: boolean): void {
    this.#isOn = isOn;
    this.#keep();
  }

  /** Everything is to be measured again. */
  clear(): void {
    this.#decisions.clear();
    this.#keep();
  }

  report(): TuningReport {
    const points = [...this.#decisions].map(([point, decided]) => ({ point, ...decided }));
    return { isOn: this.#isOn, points };
  }

  #keep(): void {
    const kept = { device: this.device, isOn: this.#isOn, decisions: Object.fromEntries(this.#decisions) };
    this.store?.write(kept).catch(() => {}); // then it is measured again at the next visit
  }
}

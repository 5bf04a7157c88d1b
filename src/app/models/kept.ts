/** What the shelf remembers for the next visit besides the models themselves: small records by name, in this browser. */
import * as v from 'valibot';

/** A record under its name; empty where nothing of that kind is kept, or nothing can be. */
export function readKept<Value>(
  storage: Pick<Storage, 'getItem'> | null,
  key: string,
  value: v.GenericSchema<Value>,
): Readonly<Record<string, Value>> {
  try {
    return v.parse(v.record(v.string(), value), JSON.parse(storage?.getItem(key) ?? '{}'));
  } catch {
    return {};
  }
}

/** A full or forbidden storage keeps nothing, and the page goes on: what was chosen holds until the tab is closed. */
export function writeKept(storage: Pick<Storage, 'setItem'> | null, key: string, record: object): void {
  try {
    storage?.setItem(key, JSON.stringify(record));
  } catch {
    // see above
  }
}

/**
 * Names for new records. They sort by the time they were made and need no secure context (crypto.randomUUID does).
 */
let lastTime = 0;
let madeInTime = 0;

/** A fresh id such as "0mf3k2q9a-000-0x4t0c90k2ab1z"; later ids of one tab sort after earlier ones. */
export function newId(now: number = Date.now()): string {
  madeInTime = now === lastTime ? madeInTime + 1 : 0;
  lastTime = now;
  const random = crypto.getRandomValues(new Uint32Array(2));
  const tail = Array.from(random, (word) => word.toString(36).padStart(7, '0')).join('');
  return `${now.toString(36).padStart(9, '0')}-${madeInTime.toString(36).padStart(3, '0')}-${tail}`;
}

/**
 * The channel of this origin's tabs by that name; null where the browser has none, or refuses it as Firefox does where a site
 * may store nothing.
 */
export function openTabChannel(name: string): BroadcastChannel | null {
  if (typeof BroadcastChannel === 'undefined') return null;
  try {
    return new BroadcastChannel(name);
  } catch {
    return null; // a SecurityError
  }
}

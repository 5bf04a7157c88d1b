/** The address of a server as a person types it, and whether this page can ask it. */

/** Where these servers listen unless they are told otherwise. */
export const usualAddresses: readonly { name: string; address: string }[] = [
  { name: 'Ollama', address: 'http://localhost:11434' },
  { name: 'LM Studio', address: 'http://localhost:1234' },
  { name: 'llama.cpp', address: 'http://localhost:8080' },
  { name: 'vLLM', address: 'http://localhost:8000' },
];

/**
 * `wrong`: no address. `mixed`: plain http to another machine, which browsers refuse to pages that came over https.
 * `unencrypted`: the same from any other page; it can be asked, and others on the network can read along.
 */
export type AddressKind = 'fine' | 'unencrypted' | 'mixed' | 'wrong';

/** A host without a scheme is this device over http, or another one over https. */
export function readAddress(typed: string): string {
  const text = typed.trim();
  if (text === '' || /^[a-z][a-z+.-]*:\/\//i.test(text)) return text;
  return isOwnMachine(text.replace(/[:/].*$/, '')) ? `http://${text}` : `https://${text}`;
}

/** @param address as from `readAddress`. @param pageUrl of the page that would ask. */
export function judgeAddress(address: string, pageUrl: string): AddressKind {
  if (!URL.canParse(address)) return 'wrong';
  const { protocol, hostname, username, password } = new URL(address);
  // Some browsers take any letters for a host.
  const isHost = /^[a-z0-9.-]+$|^\[[0-9a-f:.]+\]$/i.test(hostname);
  if (!/^https?:$/.test(protocol) || !isHost || username !== '' || password !== '') return 'wrong';
  if (protocol === 'https:' || isOwnMachine(hostname)) return 'fine';
  return new URL(pageUrl).protocol === 'https:' ? 'mixed' : 'unencrypted';
}

/** Whether a host is the device that the page runs on. */
export function isOwnMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1';
}

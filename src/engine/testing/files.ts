/** Files for tests, by their path from the root of the repository, in Node and in the browser alike. */

/**
 * @param path e.g. `public/models/tales/config.json`, or `../shared/testdata/…` for test data beside the repository.
 * @throws when there is no such file.
 */
export async function readFileBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof process === 'object' && process.versions?.node) {
    const { readFile } = await import(/* @vite-ignore */ 'node:fs/promises');
    return new Uint8Array(await readFile(path));
  }
  const response = await fetch(`${await addressOf(path)}?raw-file`);
  if (!response.ok) throw new Error(`${path} was answered with status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Where Vitest's server has the file; what lies outside the root is allowed in vitest.config.ts. */
async function addressOf(path: string): Promise<string> {
  if (!path.startsWith('../')) return `/${path.replace(/^public\//, '')}`;
  const { server } = await import('vitest/browser');
  const parent = server.config.root.replace(/\/[^/]+$/, '');
  return `/@fs${parent}/${path.slice('../'.length)}`;
}

export async function readFileText(path: string): Promise<string> {
  return new TextDecoder().decode(await readFileBytes(path));
}

export async function readFileJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFileText(path)) as T;
}

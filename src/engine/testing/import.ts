/** Models that come the way of every model, through the importer, from files in memory. */
import { present } from '../../lib/invariant';
import { modelLayout } from '../../models/layouts';
import { type ImportJob, importModel } from '../../weights/import';
import type { StoredWeights } from '../../weights/manifest';
import { MemoryStore } from '../../weights/memory-store';
import { FolderSource } from '../../weights/testing/folder-source';
import { storedModel } from '../../weights/testing/stored';
import { readFileBytes } from './files';

/** A GGUF file as the importer takes it. @param path from the root of the repository */
export async function importGguf(path: string): Promise<StoredWeights> {
  const file = present(path.split('/').at(-1), 'a name');
  return importFrom(new FolderSource({ [file]: await readFileBytes(path) }), { file });
}

export async function importFrom(source: FolderSource, job: Partial<ImportJob>): Promise<StoredWeights> {
  const store = new MemoryStore();
  const describeWeights = (json: unknown) => {
    const page = modelLayout(json);
    return page.weights(page.readConfig(json));
  };
  await importModel({ modelId: 'm', source, store, describe: describeWeights, ...job });
  return storedModel(store, 'm');
}

/** The files of a drop, those inside dropped folders too, each with its path from the folder on. */

/** What a model consists of; pictures and notes that lie beside it are left out. */
const OF_A_MODEL = /\.(gguf|safetensors|json|jinja)$/i;

export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  // Entries must be asked for before anything is awaited: the drop is over then.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const files = await Promise.all(entries.map((entry) => filesOf(entry, '')));
  return modelFiles(files.flat());
}

/** Of picked or dropped files those that a model consists of. */
export function modelFiles(files: readonly File[]): File[] {
  return files.filter(({ name }) => OF_A_MODEL.test(name) && !name.startsWith('.'));
}

async function filesOf(entry: FileSystemEntry, folder: string): Promise<File[]> {
  if (entry instanceof FileSystemFileEntry) return [await fileOf(entry, folder)];
  if (!(entry instanceof FileSystemDirectoryEntry)) return [];
  const reader = entry.createReader();
  const files: File[] = [];
  for (;;) {
    // A reader gives what is in a folder piece by piece, and nothing at its end.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return files;
    for (const inside of entries) files.push(...(await filesOf(inside, `${folder}${entry.name}/`)));
  }
}

/** With the path that a picked folder gives its files; a dropped one does not. */
async function fileOf(entry: FileSystemFileEntry, folder: string): Promise<File> {
  const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
  return folder === '' ? file : Object.defineProperty(file, 'webkitRelativePath', { value: folder + file.name });
}

/**
 * A file that is saved piece by piece: straight to the place a person chooses where the browser lets them choose one, elsewhere as
 * parts that the browser keeps until they become a download.
 */
import { saveFile } from '../chat/save-file';

export interface FileSink {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Only now is there a file. */
  close(): Promise<void>;
  /** Nothing of it is kept. */
  abort(): Promise<void>;
}

/** Chromium's; TypeScript does not know it. */
type SaveFilePicker = (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;

/** To be called while a click is handled. @throws DOMException `AbortError` when the person chooses no place. */
export async function openFileSink(name: string): Promise<FileSink> {
  const { showSaveFilePicker } = globalThis as { showSaveFilePicker?: SaveFilePicker };
  if (showSaveFilePicker) {
    const handle = await showSaveFilePicker({ suggestedName: name });
    return handle.createWritable();
  }
  const parts: Blob[] = [];
  return {
    write: async (bytes) => void parts.push(new Blob([bytes])),
    close: async () => saveFile({ name, content: new Blob(parts) }),
    abort: async () => void parts.splice(0),
  };
}

/** What no system allows in a file's name is left out. */
export function exportName(label: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  const name = label.replaceAll(/[\\/:*?"<>|\u0000-\u001F]+/g, '-').trim();
  return `${name || 'model'}.hearth.safetensors`;
}

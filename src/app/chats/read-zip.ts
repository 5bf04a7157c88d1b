/** The texts of a zip archive, unpacked in pieces. */
import { createRests } from './rests';

export interface ZipEntry {
  path: string;
  pieces: Uint8Array[];
}

/** Packed bytes that are unpacked at a time. */
const PIECE_BYTES = 64 * 1024;

/**
 * @param choose which of these files to unpack; what it throws is thrown on
 * @throws what fflate says of an archive that cannot be read
 */
export async function readZip(
  bytes: Uint8Array,
  choose: (files: readonly { path: string; bytes: number }[]) => ReadonlySet<string>,
): Promise<ZipEntry[]> {
  const { unzipSync, Unzip, UnzipInflate } = await import('fflate');
  const files: { path: string; bytes: number }[] = [];
  // With a filter that takes nothing only the table of contents is read.
  unzipSync(bytes, {
    filter: ({ name, originalSize }) => {
      files.push({ path: name, bytes: originalSize });
      return false;
    },
  });
  const chosen = choose(files);

  const entries: ZipEntry[] = [];
  const unzip = new Unzip((file) => {
    if (!chosen.has(file.name)) return;
    const entry: ZipEntry = { path: file.name, pieces: [] };
    entries.push(entry);
    file.ondata = (error, piece) => {
      if (error) throw error;
      entry.pieces.push(piece);
    };
    file.start();
  });
  unzip.register(UnzipInflate);
  const rest = createRests();
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    unzip.push(bytes.subarray(at, at + PIECE_BYTES), at + PIECE_BYTES >= bytes.length);
    await rest();
  }
  return entries;
}

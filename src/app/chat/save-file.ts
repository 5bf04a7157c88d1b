/** Hands a file to the browser's own saving. */
import type { ExportFile } from '../chats/export';

export function saveFile({ name, content }: ExportFile): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser may still be reading it
}

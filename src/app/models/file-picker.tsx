/** Where a person's own files become a model: picked as files or as a folder, or dropped anywhere on the screen. */
import { useEffect, useRef, useState } from 'react';
import { useApp } from '../state/use-app';
import { droppedFiles, modelFiles } from './dropped-files';
import { strings } from './offer-strings';

export function FilePicker() {
  const lookAt = useApp((state) => state.lookAt);
  const [isEmpty, setEmpty] = useState(false);
  const filePicker = useRef<HTMLInputElement>(null);
  const folderPicker = useRef<HTMLInputElement>(null);

  function look(files: readonly File[]): void {
    setEmpty(files.length === 0);
    if (files.length > 0) void lookAt({ files });
  }
  const isOver = useDrop(look);

  const pick = (input: HTMLInputElement): void => {
    look(modelFiles([...(input.files ?? [])]));
    input.value = ''; // the same files may be picked again
  };
  return (
    <div className="file-picker" data-over={isOver}>
      <input
        ref={filePicker}
        type="file"
        hidden
        multiple
        accept=".gguf,.safetensors,.json,.jinja"
        onChange={(event) => pick(event.currentTarget)}
      />
      <input
        ref={(input) => {
          folderPicker.current = input;
          if (input) input.webkitdirectory = true; // React does not know the attribute
        }}
        type="file"
        hidden
        onChange={(event) => pick(event.currentTarget)}
      />
      <button type="button" className="edged-button" onClick={() => filePicker.current?.click()}>
        {strings.pickFiles}
      </button>
      <button type="button" className="edged-button" onClick={() => folderPicker.current?.click()}>
        {strings.pickFolder}
      </button>
      <p className={isEmpty ? 'add-wrong' : 'help'} role={isEmpty ? 'alert' : undefined}>
        {isEmpty ? strings.noModelFiles : strings.dropHelp}
      </p>
    </div>
  );
}

/** Takes files that are dropped anywhere on the page. @returns whether some are held over it */
function useDrop(onDrop: (files: File[]) => void): boolean {
  const [isOver, setOver] = useState(false);
  const take = useRef(onDrop);
  useEffect(() => {
    take.current = onDrop;
  });
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      setOver(false);
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      void droppedFiles(event.dataTransfer).then(take.current);
    };
    document.addEventListener('dragover', over);
    document.addEventListener('dragleave', leave);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('dragover', over);
      document.removeEventListener('dragleave', leave);
      document.removeEventListener('drop', drop);
    };
  }, []);
  return isOver;
}

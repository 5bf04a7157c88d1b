/** What this machine keeps for the page: how much, how safely; all of it out as a file, back in, or away. */
import { useEffect, useRef, useState } from 'react';
import { HearthError } from '../../client';
import { saveFile } from '../chat/save-file';
import { formatBytes } from '../format';
import { useApp } from '../state/use-app';
import { wordsOf } from '../strings';
import { settings as english } from '../strings/en/settings';
import { Section } from '../ui/page';
import { DeleteEverything } from './delete-everything';

const strings = wordsOf('settings', english);

export function KeptHere() {
  const [deleting, setDeleting] = useState(false);
  const exportEverything = useApp((state) => state.exportEverything);
  return (
    <Section title={strings.keeping}>
      <StorageSentences />
      <p className="help">{strings.exportHelp}</p>
      <div className="page-moves">
        <button type="button" className="edged-button" onClick={() => void exportEverything().then(saveFile)}>
          {strings.exportEverything}
        </button>
        <ImportButton />
        <button type="button" className="edged-button danger" onClick={() => setDeleting(true)}>
          {strings.deleteEverything}
        </button>
      </div>
      {deleting && <DeleteEverything onClose={() => setDeleting(false)} />}
    </Section>
  );
}

function StorageSentences() {
  const use = useApp((state) => state.storageUse);
  const keeping = useApp((state) => state.keeping);
  const measureStorage = useApp((state) => state.measureStorage);
  const keepData = useApp((state) => state.keepData);
  useEffect(() => void measureStorage(), [measureStorage]);
  if (!use) return <p>{strings.measuring}</p>;
  return (
    <>
      <p>{use.totalBytes === null ? strings.usedUnknown : strings.used({ size: formatBytes(use.totalBytes) })}</p>
      <div className="page-line">
        {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
        <p role="status">{strings.keepingSays[keeping]}</p>
        {keeping !== 'kept' && keeping !== 'unknown' && (
          <button type="button" className="edged-button" onClick={() => void keepData()}>
            {strings.keepData}
          </button>
        )}
      </div>
    </>
  );
}

function ImportButton() {
  const importChats = useApp((state) => state.importChats);
  const rereadSettings = useApp((state) => state.rereadSettings);
  const fileInput = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState<{ words: string; failed: boolean } | null>(null);

  async function take(files: readonly File[]): Promise<void> {
    try {
      const report = await importChats(files);
      rereadSettings();
      setOutcome({ words: strings.imported(report), failed: false });
    } catch (error) {
      if (!(error instanceof HearthError)) throw error;
      setOutcome({ words: `${error.message} ${error.hint}`, failed: true });
    }
  }

  return (
    <>
      <button type="button" className="edged-button" onClick={() => fileInput.current?.click()}>
        {strings.importChats}
      </button>
      <input
        ref={fileInput}
        type="file"
        accept=".json,.md,.zip,application/json,application/zip,text/markdown"
        multiple
        hidden
        onChange={(event) => {
          if (event.target.files) void take([...event.target.files]);
          event.target.value = ''; // the same file can be chosen again
        }}
      />
      {outcome && (
        <div className="notice page-notice" role={outcome.failed ? 'alert' : 'status'}>
          <p>{outcome.words}</p>
          <button type="button" className="quiet-button" onClick={() => setOutcome(null)}>
            {strings.gotIt}
          </button>
        </div>
      )}
    </>
  );
}

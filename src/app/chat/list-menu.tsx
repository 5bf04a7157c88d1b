/** All chats at once: out as a file, and in from one. */
import { useRef, useState } from 'react';
import { HearthError } from '../../client';
import { useApp } from '../state/use-app';
import { MoreIcon } from './icons';
import { Menu, type MenuItem } from './menu';
import { saveFile } from './save-file';
import { strings } from './strings';

function describe(added: number, unchanged: number): string {
  const words = strings.imported({ chats: added });
  return unchanged > 0 ? `${words} ${strings.importedAlready({ chats: unchanged })}` : words;
}

type Outcome = { kind: 'imported'; words: string } | { kind: 'failed'; error: HearthError };

export function ListMenu() {
  const hasChats = useApp(({ chatList }) => chatList.length > 0);
  const exportChats = useApp((state) => state.exportChats);
  const importChats = useApp((state) => state.importChats);
  const fileInput = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);

  async function take(files: readonly File[]): Promise<void> {
    try {
      const { added, unchanged } = await importChats(files);
      setOutcome({ kind: 'imported', words: describe(added, unchanged) });
    } catch (error) {
      if (!(error instanceof HearthError)) throw error;
      setOutcome({ kind: 'failed', error });
    }
  }

  const items = (): MenuItem[] => [
    { name: strings.importChats, run: () => fileInput.current?.click() },
    ...(hasChats
      ? [
          { name: strings.exportAllMarkdown, run: () => void exportChats('all', 'markdown').then(saveFile) },
          { name: strings.exportAllJson, run: () => void exportChats('all', 'json').then(saveFile) },
        ]
      : []),
  ];

  return (
    <>
      <Menu name={strings.moreForList} icon={<MoreIcon />} items={items} />
      <input
        ref={fileInput}
        type="file"
        accept=".json,.md,.zip,application/json,application/zip,text/markdown"
        multiple
        hidden
        onChange={(event) => {
          if (event.target.files) void take([...event.target.files]);
          event.target.value = '';
        }}
      />
      {outcome && (
        <div className="notice chat-list-notice" role={outcome.kind === 'failed' ? 'alert' : 'status'}>
          <p>{outcome.kind === 'failed' ? `${outcome.error.message} ${outcome.error.hint}` : outcome.words}</p>
          <button type="button" className="quiet-button" onClick={() => setOutcome(null)}>
            {strings.gotIt}
          </button>
        </div>
      )}
    </>
  );
}

/** The answers out of the page: as a file, or to be pasted into a spreadsheet. */
import { useState } from 'react';
import { present } from '../../lib/invariant';
import { saveFile } from '../chat/save-file';
import { useApp } from '../state/use-app';
import type { ResultFormat } from './results';
import { strings } from './strings';

export function Export() {
  const isEmpty = useApp((state) => state.batchResults.size === 0);
  const batchToKeep = useApp((state) => state.batchToKeep);
  const [copied, setCopied] = useState<'copied' | 'copyFailed' | null>(null);

  async function save(format: ResultFormat): Promise<void> {
    const { resultsFile } = await import('./results');
    saveFile(resultsFile(present(await batchToKeep(), 'a batch with answers'), format));
  }

  async function copy(): Promise<void> {
    try {
      const { resultsForClipboard } = await import('./results');
      await navigator.clipboard.writeText(resultsForClipboard(present(await batchToKeep(), 'a batch with answers')));
      setCopied('copied');
    } catch {
      setCopied('copyFailed');
    }
  }

  const act = (action: () => Promise<void>) => () => {
    if (!isEmpty) void action();
  };
  return (
    <div className="page-moves batch-export">
      <button type="button" className="edged-button" aria-disabled={isEmpty} onClick={act(() => save('csv'))}>
        {strings.saveCsv}
      </button>
      <button type="button" className="edged-button" aria-disabled={isEmpty} onClick={act(() => save('jsonl'))}>
        {strings.saveJsonl}
      </button>
      <button type="button" className="quiet-button" aria-disabled={isEmpty} onClick={act(copy)}>
        {strings.copyTable}
      </button>
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
      <p className="help batch-help" role="status">
        {copied ? strings[copied] : !isEmpty && strings.csvHelp}
      </p>
    </div>
  );
}

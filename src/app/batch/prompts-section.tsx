/** Where prompts come from: a file that is chosen or dropped, pasted lines, an example; and the first rows of those that are here. */
import { useRef, useState, type DragEvent } from 'react';
import { toHearthError, type HearthError } from '../../client';
import { useApp } from '../state/use-app';
import { Section } from '../ui/page';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { tableOf } from './prompt-table';
import { strings } from './strings';
import type { BatchContent, PromptFile } from './types';

export function PromptsSection() {
  const batch = useApp((state) => state.batch);
  return <Section title={strings.prompts}>{batch ? <PresentPrompts batch={batch} /> : <NewPrompts />}</Section>;
}

/** Reads with what is only loaded when it is needed. */
const reader = () => import('./read-prompts');

function NewPrompts() {
  const takePrompts = useApp((state) => state.takePrompts);
  const isElsewhere = useApp((state) => state.batchElsewhere);
  const fileInput = useRef<HTMLInputElement>(null);
  const [pasted, setPasted] = useState('');
  const [isReading, setReading] = useState(false);
  const [problem, setProblem] = useState<HearthError | null>(null);
  const { isOver, ...dropTarget } = useFileDrop((file) => void take(async () => (await reader()).readPromptFile(file)));

  async function take(read: () => Promise<PromptFile>, template?: string): Promise<void> {
    setReading(true);
    setProblem(null);
    try {
      await takePrompts(await read(), template);
    } catch (error) {
      setProblem(toHearthError(error));
    } finally {
      setReading(false);
    }
  }

  async function takeExample(): Promise<void> {
    const { exampleFile, exampleTemplate } = await import('./example');
    await take(async () => exampleFile(), exampleTemplate);
  }

  return (
    <>
      <div className="drop-area" data-over={isOver} {...dropTarget}>
        <div className="page-moves">
          <button
            type="button"
            className="main-button"
            aria-disabled={isElsewhere}
            onClick={() => !isElsewhere && fileInput.current?.click()}
          >
            {strings.choose}
          </button>
          <button
            type="button"
            className="edged-button"
            aria-disabled={isElsewhere}
            onClick={() => !isElsewhere && void takeExample()}
          >
            {strings.example}
          </button>
        </div>
        <p className="help">{isReading ? strings.reading : strings.chooseHelp}</p>
        <input
          ref={fileInput}
          type="file"
          accept=".csv,.tsv,.jsonl,.ndjson,.txt,text/csv,application/jsonl,text/plain"
          hidden
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file) void take(async () => (await reader()).readPromptFile(file));
            event.target.value = ''; // the same file can be chosen again
          }}
        />
      </div>
      {problem && <BatchProblem problem={problem} />}
      <div className="field batch-field">
        <label htmlFor="batch-paste">{strings.paste}</label>
        <textarea
          id="batch-paste"
          rows={4}
          dir="auto"
          value={pasted}
          onChange={(event) => setPasted(event.target.value)}
        />
        <button
          type="button"
          className="edged-button"
          aria-disabled={pasted.trim() === '' || isElsewhere}
          onClick={() => {
            if (pasted.trim() !== '' && !isElsewhere)
              void take(async () => (await reader()).readPrompts(strings.pastedName, pasted, 'lines'));
          }}
        >
          {strings.usePasted}
        </button>
      </div>
    </>
  );
}

/** One file that is dropped onto the element. */
function useFileDrop(onFile: (file: File) => void) {
  const [isOver, setOver] = useState(false);
  return {
    isOver,
    onDragOver(event: DragEvent) {
      if (!event.dataTransfer.types.includes('Files')) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop(event: DragEvent) {
      event.preventDefault();
      setOver(false);
      const [file] = event.dataTransfer.files;
      if (file) onFile(file);
    },
  };
}

interface ProblemProps {
  readonly problem: HearthError;
  /** Absent where trying again is what the page offers anyway. */
  readonly onTryAgain?: () => void;
}

export function BatchProblem({ problem, onTryAgain }: ProblemProps) {
  return (
    <div className="problem" role="alert">
      <p className="problem-message">{problem.message}</p>
      <p>{problem.hint}</p>
      {onTryAgain && (
        <button type="button" className="main-button" onClick={onTryAgain}>
          {strings.tryAgain}
        </button>
      )}
    </div>
  );
}

/** Rows that are shown before a run. */
const PREVIEW_ROWS = 3;

function PresentPrompts({ batch }: { readonly batch: BatchContent }) {
  const answers = useApp((state) => state.batchResults.size);
  const isBusy = useApp(({ batchPhase, batchElsewhere }) => batchPhase !== 'idle' || batchElsewhere);
  const removeBatch = useApp((state) => state.removeBatch);
  const setBatchHeader = useApp((state) => state.setBatchHeader);
  const [isAsking, setAsking] = useState(false);
  const { file } = batch;
  const { columns, rows } = tableOf(file);
  return (
    <>
      <div className="page-line">
        <p>
          <bdi className="batch-name">{file.name}</bdi>
          <span className="aside">
            {' '}
            · {strings.rows({ rows: rows.length })} · {strings.columns({ columns: columns.length })}
          </span>
        </p>
        <button
          type="button"
          className="edged-button"
          aria-disabled={isBusy}
          onClick={() => !isBusy && (answers > 0 ? setAsking(true) : removeBatch())}
        >
          {strings.chooseOther}
        </button>
      </div>
      {answers === 0 && (
        <>
          <section
            className="preview"
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways, so the keyboard must reach it
            tabIndex={0}
            aria-label={strings.firstRows}
          >
            <table>
              <thead>
                <tr>
                  {columns.map((column) => (
                    <th key={column} scope="col">
                      <bdi>{column}</bdi>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.slice(0, PREVIEW_ROWS).map((fields, row) => (
                  <tr key={row}>
                    {columns.map((column, index) => (
                      <td key={column} dir="auto">
                        {fields[index]}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
          {file.format === 'csv' && (
            <label className="check">
              <input
                type="checkbox"
                checked={file.hasHeader}
                disabled={isBusy}
                onChange={(event) => void setBatchHeader(event.target.checked)}
              />
              {strings.hasHeader}
            </label>
          )}
        </>
      )}
      {isAsking && (
        <ConfirmDialog
          title={strings.replaceTitle}
          keep={strings.cancel}
          action={strings.replace}
          onConfirm={removeBatch}
          onClose={() => setAsking(false)}
        >
          {strings.replaceExplained({ answers })}
        </ConfirmDialog>
      )}
    </>
  );
}

/** One row in full: its whole prompt, its whole answer, and how it ended. */
import { CopyButton } from '../chat/copy-button';
import { useApp } from '../state/use-app';
import { Dialog } from '../ui/dialog';
import { strings } from './strings';
import { useRow } from './use-row';

interface RowDialogProps {
  readonly row: number;
  readonly prompt: string;
  readonly onClose: () => void;
}

export function RowDialog({ row, prompt, onClose }: RowDialogProps) {
  const { state, text } = useRow(row);
  const result = useApp(({ batchResults }) => batchResults.get(row));
  const { column } = strings;
  return (
    <Dialog title={strings.row({ row: row + 1 })} onClose={onClose}>
      <section>
        <h3>{column.prompt}</h3>
        <p className="row-text" dir="auto">
          {prompt}
        </p>
      </section>
      <section>
        <h3>{state === 'failed' ? strings.state.failed : column.answer}</h3>
        <p className={text === '' ? 'aside' : 'row-text'} dir="auto">
          {text === '' ? strings.noAnswerYet : text}
        </p>
        {result && result.answer !== '' && <CopyButton text={() => result.answer} name={strings.copyAnswer} />}
      </section>
      <dl className="facts">
        <div>
          <dt>{column.end}</dt>
          <dd>{strings.state[state]}</dd>
        </div>
        {result && result.finishReason !== 'failed' && (
          <>
            <div>
              <dt>{column.tokens}</dt>
              <dd>{strings.tokensOf({ prompt: result.promptTokens, answer: result.completionTokens })}</dd>
            </div>
            <div>
              <dt>{strings.answeredBy}</dt>
              <dd>{result.modelLabel}</dd>
            </div>
            {result.seed !== null && (
              <div>
                <dt>{strings.seed}</dt>
                <dd>{result.seed}</dd>
              </div>
            )}
          </>
        )}
      </dl>
      <div className="dialog-moves">
        <button
          type="button"
          className="edged-button"
          onClick={(event) => event.currentTarget.closest('dialog')?.close()}
        >
          {strings.close}
        </button>
      </div>
    </Dialog>
  );
}

/** What every row is asked: the template with its columns, what goes before it, how it is answered; and the first prompt as it will be. */
import { useId, useRef, useState } from 'react';
import { findModel } from '../../catalog/catalog';
import { toHearthError } from '../../client';
import { readField, samplingFields, withField, type SamplingField } from '../chat/sampling-fields';
import { strings as chatStrings } from '../chat/strings';
import { useApp } from '../state/use-app';
import { Section } from '../ui/page';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { tableOf } from './prompt-table';
import { strings } from './strings';
import { columnsIn, compileTemplate, placeholder } from './template';
import type { BatchContent } from './types';

interface BatchProps {
  readonly batch: BatchContent;
}

export function TemplateSection({ batch }: BatchProps) {
  const isLocked = useApp(
    ({ batchResults, batchPhase, batchElsewhere }) => batchResults.size > 0 || batchPhase !== 'idle' || batchElsewhere,
  );
  const changeBatch = useApp((state) => state.changeBatch);
  const { systemPrompt } = batch.settings;
  return (
    <Section title={strings.template}>
      <Template batch={batch} isLocked={isLocked} />
      {isLocked && <LockedLine />}
      <details className="batch-fold">
        <summary>{strings.sampling}</summary>
        <div className="batch-fold-body">
          <div className="field batch-field">
            <label htmlFor="batch-system">{strings.systemPrompt}</label>
            <textarea
              id="batch-system"
              rows={2}
              dir="auto"
              readOnly={isLocked}
              value={systemPrompt}
              onChange={(event) => changeBatch({ systemPrompt: event.target.value })}
            />
          </div>
          <p className="help">{strings.samplingHelp}</p>
          <div className="batch-sampling">
            {samplingFields.map((field) => (
              <SamplingInput key={field.key} field={field} batch={batch} isLocked={isLocked} />
            ))}
          </div>
        </div>
      </details>
    </Section>
  );
}

interface LockableProps extends BatchProps {
  readonly isLocked: boolean;
}

function Template({ batch, isLocked }: LockableProps) {
  const changeBatch = useApp((state) => state.changeBatch);
  const field = useRef<HTMLTextAreaElement>(null);
  const { template } = batch.settings;
  const { columns, rows } = tableOf(batch.file);
  const preview = previewOf(template, columns, rows[0] ?? []);

  /** Puts a column where the caret is. */
  function insert(column: string): void {
    const element = field.current;
    if (!element || isLocked) return;
    element.focus();
    element.setRangeText(placeholder(column), element.selectionStart, element.selectionEnd, 'end');
    changeBatch({ template: element.value });
  }

  return (
    <>
      <div className="field batch-field">
        <label htmlFor="batch-template">{strings.templateField}</label>
        <textarea
          ref={field}
          id="batch-template"
          rows={3}
          dir="auto"
          readOnly={isLocked}
          value={template}
          aria-invalid={preview.problem !== null}
          aria-describedby="batch-template-help"
          onChange={(event) => changeBatch({ template: event.target.value })}
        />
        <p className={preview.problem ? 'help wrong' : 'help'} id="batch-template-help">
          {preview.problem ?? (columnsIn(template).length === 0 ? strings.noPlaceholder : strings.templateHelp)}
        </p>
        {!isLocked && (
          <ul className="batch-columns" aria-label={strings.insertColumn}>
            {columns.map((column) => (
              <li key={column}>
                <button
                  type="button"
                  className="column-chip"
                  aria-label={strings.insert({ column })}
                  onClick={() => insert(column)}
                >
                  <bdi>{placeholder(column)}</bdi>
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
      {preview.prompt !== null && (
        <figure className="first-prompt">
          <figcaption>{strings.firstPrompt}</figcaption>
          <p dir="auto">{preview.prompt.trim() === '' ? strings.emptyFirst : preview.prompt}</p>
        </figure>
      )}
    </>
  );
}

function previewOf(template: string, columns: readonly string[], row: readonly string[]) {
  try {
    return { prompt: compileTemplate(template, columns)(row), problem: null };
  } catch (error) {
    const { message, hint } = toHearthError(error);
    return { prompt: null, problem: `${message} ${hint}` };
  }
}

function LockedLine() {
  const answers = useApp((state) => state.batchResults.size);
  const isAtRest = useApp(({ batchPhase, batchElsewhere }) => batchPhase === 'idle' && !batchElsewhere);
  const discardAnswers = useApp((state) => state.discardAnswers);
  const [isAsking, setAsking] = useState(false);
  if (answers === 0) return null;
  return (
    <div className="page-line">
      <p className="help">{strings.locked}</p>
      {isAtRest && (
        <button type="button" className="quiet-button" onClick={() => setAsking(true)}>
          {strings.discard}
        </button>
      )}
      {isAsking && (
        <ConfirmDialog
          title={strings.discardTitle}
          keep={strings.cancel}
          action={strings.discardNow}
          onConfirm={discardAnswers}
          onClose={() => setAsking(false)}
        >
          {strings.discardExplained({ answers })}
        </ConfirmDialog>
      )}
    </div>
  );
}

interface SamplingInputProps extends LockableProps {
  readonly field: SamplingField;
}

function SamplingInput({ field, batch, isLocked }: SamplingInputProps) {
  const { key } = field;
  const { name } = chatStrings.fields[key];
  const { sampling } = batch.settings;
  const own = useApp(({ modelId }) => (key === 'maxTokens' ? undefined : findModel(modelId)?.sampling[key]));
  const changeBatch = useApp((state) => state.changeBatch);
  /** What was typed that is no value; null when the batch's own value stands there. */
  const [wrong, setWrong] = useState<string | null>(null);
  const id = useId();

  function change(typed: string): void {
    const read = readField(field, typed);
    setWrong(read === 'wrong' ? typed : null);
    if (read !== 'wrong') changeBatch({ sampling: withField(sampling, key, read) });
  }

  return (
    <div className="field">
      <label htmlFor={id}>{name}</label>
      <input
        id={id}
        className="text-field short"
        type="number"
        inputMode="decimal"
        step={field.step}
        min={field.min}
        max={Number.isFinite(field.max) ? field.max : undefined}
        placeholder={own === undefined ? undefined : String(own)}
        readOnly={isLocked}
        value={wrong ?? sampling[key] ?? ''}
        aria-invalid={wrong !== null}
        aria-describedby={wrong === null ? undefined : `${id}-wrong`}
        onChange={(event) => change(event.target.value)}
      />
      {wrong !== null && (
        <p className="help wrong" id={`${id}-wrong`}>
          {field.whole
            ? chatStrings.wholeNumberFrom({ from: field.min })
            : chatStrings.numberFromTo({ from: field.min, to: field.max })}
        </p>
      )}
    </div>
  );
}

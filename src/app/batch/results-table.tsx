/** The table that fills: every row with its prompt and its answer, as far as it has come, and the ways out of the page for all of it. */
import { useMemo, useRef, useState } from 'react';
import { useApp } from '../state/use-app';
import { ChoiceField } from '../settings/fields';
import { Section } from '../ui/page';
import { WarnIcon } from '../ui/icons';
import { Export } from './export';
import { promptRenderer } from './prompt-renderer';
import { tableOf } from './prompt-table';
import { RowDialog } from './row-dialog';
import { useRow } from './use-row';
import { strings } from './strings';
import type { BatchContent } from './types';
import { ROW_REM, useWindow } from './use-window';

type Filter = 'all' | 'live' | 'failed';

export function ResultsTable({ batch }: { readonly batch: BatchContent }) {
  const [filter, setFilter] = useState<Filter>('all');
  const [openRow, setOpenRow] = useState<number | null>(null);
  const render = useMemo(() => promptRenderer(batch), [batch]);
  const counts = useCounts(batch);
  const rows = useRows(filter, counts.all);
  return (
    <Section title={strings.table}>
      <Export />
      {(counts.failed > 0 || filter !== 'all') && (
        <ChoiceField
          label={strings.show}
          value={filter}
          choices={(['all', 'live', 'failed'] as const).map((value) => ({
            value,
            name: strings.filterCount({ name: strings.filters[value], count: counts[value] }),
          }))}
          onChange={setFilter}
        />
      )}
      {rows.length === 0 ? (
        <p className="aside">{strings.nothingToShow}</p>
      ) : (
        <Rows rows={rows} render={render} onOpen={setOpenRow} />
      )}
      {openRow !== null && <RowDialog row={openRow} prompt={render(openRow)} onClose={() => setOpenRow(null)} />}
    </Section>
  );
}

function useCounts({ file }: BatchContent): Record<Filter, number> {
  const all = useMemo(() => tableOf(file).rows.length, [file]);
  const live = useApp((state) => state.batchLive.size);
  const results = useApp((state) => state.batchResults);
  const failed = [...results.values()].filter(({ finishReason }) => finishReason === 'failed').length;
  return { all, live, failed };
}

/** The numbers of the rows to be shown. */
function useRows(filter: Filter, count: number): readonly number[] {
  const results = useApp(({ batchResults }) => (filter === 'failed' ? batchResults : null));
  const live = useApp(({ batchLive }) => (filter === 'live' ? batchLive : null));
  return useMemo(() => {
    if (live) return [...live.keys()].sort((a, b) => a - b);
    const all = Array.from({ length: count }, (_, row) => row);
    return results ? all.filter((row) => results.get(row)?.finishReason === 'failed') : all;
  }, [count, results, live]);
}

interface RowsProps {
  readonly rows: readonly number[];
  readonly render: (row: number) => string;
  readonly onOpen: (row: number) => void;
}

/** Only the rows in sight are drawn; the others are room above and below. */
function Rows({ rows, render, onOpen }: RowsProps) {
  const table = useRef<HTMLTableElement>(null);
  const { first, end } = useWindow(table, rows.length);
  const { column } = strings;
  return (
    <table ref={table} className="batch-table" aria-label={strings.table} aria-rowcount={rows.length + 1}>
      <thead>
        <tr aria-rowindex={1}>
          <th scope="col">{column.row}</th>
          <th scope="col">{column.prompt}</th>
          <th scope="col">{column.answer}</th>
          <th scope="col" className="wide-only figure">
            {column.tokens}
          </th>
          <th scope="col" className="wide-only">
            {column.end}
          </th>
        </tr>
      </thead>
      <Room rows={first} />
      <tbody>
        {rows.slice(first, end).map((row, index) => (
          <TableRow key={row} row={row} rowIndex={first + index + 2} prompt={render(row)} onOpen={onOpen} />
        ))}
      </tbody>
      <Room rows={rows.length - end} />
    </table>
  );
}

function Room({ rows }: { readonly rows: number }) {
  if (rows <= 0) return null;
  return (
    <tbody aria-hidden="true">
      <tr>
        {/* oxlint-disable-next-line jsx-a11y/control-has-associated-label -- empty room */}
        <td style={{ height: `${rows * ROW_REM}rem` }} />
      </tr>
    </tbody>
  );
}

interface TableRowProps {
  readonly row: number;
  readonly rowIndex: number;
  readonly prompt: string;
  readonly onOpen: (row: number) => void;
}

function TableRow({ row, rowIndex, prompt, onOpen }: TableRowProps) {
  const { state, text, tokens } = useRow(row);
  return (
    <tr aria-rowindex={rowIndex} data-state={state}>
      <td>
        <button
          type="button"
          className="row-open"
          aria-label={strings.openRow({ row: row + 1, state: strings.state[state] })}
          onClick={() => onOpen(row)}
        >
          {row + 1}
        </button>
      </td>
      <td dir="auto">
        <p className="clamp">{prompt}</p>
      </td>
      <td dir="auto">
        {state === 'failed' && <WarnIcon />}
        {/* Where the columns of figures have no room. */}
        {state === 'live' && <span className="ember narrow-only" />}
        {text === '' && <span className="aside narrow-only">{strings.shortState[state]}</span>}
        {/* While it is written, its end is what matters. */}
        <p className={state === 'live' ? 'clamp clamp-end' : 'clamp'}>
          <span>{text}</span>
        </p>
      </td>
      <td className="wide-only figure">{tokens > 0 && tokens}</td>
      <td className="wide-only">
        {state === 'live' && <span className="ember" />}
        {strings.shortState[state]}
      </td>
    </tr>
  );
}

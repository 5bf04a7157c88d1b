/** Which rows of a long table are in sight, so that only those are drawn. Rows have one height. */
import { useEffect, useState, type RefObject } from 'react';

export interface RowWindow {
  first: number;
  /** One behind the last. */
  end: number;
}

/** Rows that are drawn beyond both edges: what a flick of the wheel brings into sight before the next frame. */
const OVERSCAN = 8;

/** Height of a row in rem, as `batch.css` has it. */
export const ROW_REM = 4;

/**
 * @param table inside an element of class `page`, which scrolls
 */
export function useWindow(table: RefObject<HTMLTableElement | null>, count: number): RowWindow {
  const [rows, setRows] = useState<RowWindow>({ first: 0, end: 0 });
  useEffect(() => {
    const element = table.current;
    const scroller = element?.closest('.page');
    if (!element || !scroller) return;
    function look(): void {
      if (!element || !scroller) return;
      const rowHeight = ROW_REM * parseFloat(getComputedStyle(document.documentElement).fontSize);
      const above = scroller.getBoundingClientRect().top - element.getBoundingClientRect().top;
      const first = Math.max(0, Math.floor(above / rowHeight) - OVERSCAN);
      const end = Math.ceil((above + scroller.clientHeight) / rowHeight) + OVERSCAN;
      setRows((before) => (before.first === first && before.end === end ? before : { first, end }));
    }
    look();
    scroller.addEventListener('scroll', look, { passive: true });
    const observer = new ResizeObserver(look); // of the page, and of what stands above the table
    observer.observe(scroller);
    for (const part of scroller.children) observer.observe(part);
    return () => {
      scroller.removeEventListener('scroll', look);
      observer.disconnect();
    };
  }, [table]);
  const first = Math.min(rows.first, Math.max(0, count - 1));
  return { first, end: Math.max(first, Math.min(rows.end, count)) };
}

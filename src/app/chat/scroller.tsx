/** Scrolls with the text as it arrives, and lets go when the person scrolls up to read. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { DownIcon } from './icons';
import { strings } from './strings';

/** Closer to the end than this counts as being at the end. */
const AT_END_PX = 32;

export function Scroller({ children }: { readonly children: ReactNode }) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);

  /** The scroller's own size when it was last seen. */
  const size = useRef('');

  function onScroll(): void {
    const element = scroller.current;
    if (!element) return;
    // Turning a phone or pulling at the window scrolls too, and nobody wanted that.
    if (following && sizeOf(element) !== size.current) return;
    setFollowing(isAtEnd(element));
  }

  useEffect(() => {
    const element = scroller.current;
    if (!following || !element || !content.current) return;
    let lastTop = 0;
    const observer = new ResizeObserver(() => {
      // Scrolled up, but the event that says so has not come yet.
      const sameSize = sizeOf(element) === size.current;
      if (sameSize && element.scrollTop < lastTop && !isAtEnd(element)) return;
      scrollToEnd(element);
      lastTop = element.scrollTop;
      size.current = sizeOf(element);
    });
    observer.observe(content.current);
    observer.observe(element); // a phone's keyboard makes it smaller
    return () => observer.disconnect();
  }, [following]);

  return (
    <div className="scroller-frame">
      <div className="scroller" ref={scroller} onScroll={onScroll}>
        <div className="column" ref={content}>
          {children}
        </div>
      </div>
      {!following && (
        <button
          type="button"
          className="to-end edged-button"
          onClick={() => {
            if (scroller.current) scrollToEnd(scroller.current);
          }}
        >
          <DownIcon />
          {strings.jumpToLatest}
        </button>
      )}
    </div>
  );
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): string {
  return `${clientWidth} ${clientHeight}`;
}

function isAtEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean {
  return scrollHeight - scrollTop - clientHeight < AT_END_PX;
}

function scrollToEnd(element: HTMLElement): void {
  element.scrollTop = element.scrollHeight;
}

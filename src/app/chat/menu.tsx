/** A button that opens a short list of actions, by mouse and by keyboard. The list is a popover, so nothing can cover it. */
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

export interface MenuItem {
  name: string;
  run(): void;
}

interface MenuProps {
  readonly name: string;
  readonly icon: ReactNode;
  /** Asked for whenever an open menu is drawn, so that it follows what becomes possible. */
  readonly items: () => readonly MenuItem[];
  readonly tabIndex?: number;
}

export function Menu({ name, icon, items, tabIndex }: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);

  function show(): void {
    setOpen(true);
    // The items must be there to be measured and focused.
    requestAnimationFrame(() => {
      const [popover, anchor] = [list.current, button.current];
      if (!popover || !anchor) return;
      popover.showPopover();
      place(popover, anchor.getBoundingClientRect());
      popover.querySelector<HTMLElement>('button')?.focus();
    });
  }

  function choose(item: MenuItem): void {
    list.current?.hidePopover();
    item.run();
  }

  function onKeyDown(event: KeyboardEvent): void {
    const choices = [...(list.current?.querySelectorAll<HTMLElement>('button') ?? [])];
    const at = choices.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: choices.length - 1 }[event.key];
    if (event.key === 'Tab') list.current?.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    choices.at(to % choices.length)?.focus();
  }

  return (
    <>
      <button
        ref={button}
        type="button"
        className="icon-button"
        aria-label={name}
        title={name}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        tabIndex={tabIndex}
        onClick={show}
      >
        {icon}
      </button>
      {open && (
        <div
          ref={list}
          id={id}
          className="menu"
          popover="auto"
          role="menu"
          aria-label={name}
          tabIndex={-1}
          onKeyDown={onKeyDown}
          onToggle={(event) => {
            if (event.newState !== 'closed') return;
            const hadFocus = list.current?.contains(document.activeElement) || document.activeElement === document.body;
            setOpen(false);
            if (hadFocus) button.current?.focus();
          }}
        >
          {items().map((item) => (
            <button key={item.name} type="button" role="menuitem" tabIndex={-1} onClick={() => choose(item)}>
              {item.name}
            </button>
          ))}
        </div>
      )}
    </>
  );
}

/** Below the button, or above it where there is more room, and within the window. */
function place(popover: HTMLElement, anchor: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = popover;
  const below = anchor.bottom + height + 8 <= innerHeight;
  popover.style.top = `${Math.max(8, below ? anchor.bottom + 4 : anchor.top - height - 4)}px`;
  popover.style.left = `${Math.max(8, Math.min(anchor.right - width, innerWidth - width - 8))}px`;
}

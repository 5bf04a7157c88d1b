/** A button that opens a short list of actions, by mouse and by keyboard. The list is a popover, so nothing can cover it. */
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

export interface MenuItem {
  name: string;
  run(): void;
  /** The heading it stands under, with its neighbours of the same one. */
  group?: string;
  /** Whether it is the one of several that holds now; absent where it is no choice. */
  isChosen?: boolean;
}

interface MenuProps {
  readonly name: string;
  readonly icon: ReactNode;
  /** Asked for whenever an open menu is drawn, so that it follows what becomes possible. */
  readonly items: () => readonly MenuItem[];
  readonly tabIndex?: number;
  /** Of the button, in the place of an icon's. */
  readonly className?: string;
  /** Which of its edges lies where the button's does; the end if absent. */
  readonly align?: 'start' | 'end';
  /** Called when it is opened, before its items are asked for. */
  readonly onOpen?: () => void;
}

export function Menu({ name, icon, items, tabIndex, className = 'icon-button', align = 'end', onOpen }: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);

  function show(): void {
    onOpen?.();
    setOpen(true);
    // The items must be there to be measured and focused.
    requestAnimationFrame(() => {
      const [popover, anchor] = [list.current, button.current];
      if (!popover || !anchor) return;
      popover.showPopover();
      place(popover, anchor.getBoundingClientRect(), align);
      const [first, chosen] = ['button', '[aria-checked="true"]'].map((one) => popover.querySelector<HTMLElement>(one));
      (chosen ?? first)?.focus();
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
        className={className}
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
          {groupsOf(items()).map(([group, members]) => {
            const buttons = members.map((item) => (
              <button
                key={item.name}
                type="button"
                role={item.isChosen === undefined ? 'menuitem' : 'menuitemradio'}
                aria-checked={item.isChosen}
                tabIndex={-1}
                onClick={() => choose(item)}
              >
                {item.name}
              </button>
            ));
            return group === undefined ? (
              buttons
            ) : (
              // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a fieldset is for fields
              <div key={group} className="menu-group" role="group" aria-label={group}>
                <p aria-hidden>{group}</p>
                {buttons}
              </div>
            );
          })}
        </div>
      )}
    </>
  );
}

/** Neighbours of one group together, in their order. */
function groupsOf(items: readonly MenuItem[]): [group: string | undefined, members: MenuItem[]][] {
  const groups: [string | undefined, MenuItem[]][] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last && last[0] === item.group) last[1].push(item);
    else groups.push([item.group, [item]]);
  }
  return groups;
}

/** Below the button, or above it where there is more room, and within the window. */
function place(popover: HTMLElement, anchor: DOMRect, align: 'start' | 'end'): void {
  const { offsetWidth: width, offsetHeight: height } = popover;
  const below = anchor.bottom + height + 8 <= innerHeight;
  const { style } = popover;
  if (below) style.top = `${anchor.bottom + 4}px`;
  // Items that come while it is open push upwards.
  else style.bottom = `${Math.min(innerHeight - height - 8, innerHeight - anchor.top + 4)}px`;
  const left = align === 'start' ? anchor.left : anchor.right - width;
  style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
}

/**
 * Everything that can be done now, and every chat, by typing a part of its name. The focus stays in the field; the arrow keys
 * move the choice, which is told to assistive technology as the field's active descendant.
 */
import { use, useDeferredValue, useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { present } from '../../lib/invariant';
import { fold } from '../chats/fold';
import { showScreen } from '../navigation/screens';
import { StoreContext, useApp } from '../state/use-app';
import { wordsOf } from '../strings';
import { commands as english } from '../strings/en/commands';
import { Dialog } from '../ui/dialog';
import { isAppleKeyboard, type Chord } from './chord';
import { commands } from './commands';
import { Keys } from './keys';

const strings = wordsOf('commands', english);

interface Choice {
  key: string;
  kind: 'command' | 'chat';
  name: string;
  chord?: Chord | undefined;
  run(): void;
}

/** Nobody reads further; another letter finds less. */
const MAX_CHATS = 20;

export function CommandPalette() {
  const closeOverlay = useApp((state) => state.closeOverlay);
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState(0);
  const choices = useChoices(useDeferredValue(query));
  const dialogRef = useRef<HTMLDivElement>(null);
  const listId = useId();
  const isApple = isAppleKeyboard();
  const active = choices[Math.min(chosen, choices.length - 1)];

  useEffect(() => {
    document.getElementById(`${listId} ${active?.key}`)?.scrollIntoView({ block: 'nearest' });
  }, [active, listId]);

  /** Closes first, so that the focus is free to go where the command leads. */
  function run(choice: Choice): void {
    dialogRef.current?.closest('dialog')?.close();
    choice.run();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    const last = choices.length - 1;
    const at = Math.min(chosen, last);
    const to = { ArrowDown: at === last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1 }[event.key];
    if (to !== undefined) setChosen(to);
    else if (event.key === 'Enter' && active) run(active);
    else return;
    event.preventDefault();
  }

  return (
    <Dialog title={strings.title} hideTitle onClose={closeOverlay}>
      <div className="palette" ref={dialogRef}>
        <input
          className="palette-field"
          role="combobox"
          aria-label={strings.find}
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={active ? `${listId} ${active.key}` : undefined}
          aria-autocomplete="list"
          placeholder={strings.find}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
        {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a select cannot be filtered by a field */}
        <div id={listId} className="palette-list" role="listbox" aria-label={strings.title}>
          {choices.map((choice) => (
            // Keys are the field's: it keeps the focus.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
            <div
              key={choice.key}
              id={`${listId} ${choice.key}`}
              className="palette-choice"
              // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- an option is for a select
              role="option"
              aria-selected={choice === active}
              onPointerMove={() => setChosen(choices.indexOf(choice))}
              onClick={() => run(choice)}
            >
              <bdi>{choice.name}</bdi>
              {choice.kind === 'chat' && <span className="palette-kind">{strings.chat}</span>}
              {choice.chord && <Keys chord={choice.chord} isApple={isApple} />}
            </div>
          ))}
        </div>
        {choices.length === 0 && <p className="palette-nothing">{strings.nothing({ query })}</p>}
      </div>
    </Dialog>
  );
}

function useChoices(query: string): Choice[] {
  const store = present(use(StoreContext), 'the store');
  const chatList = useApp((state) => state.chatList);
  return useMemo(() => {
    const words = fold(query).split(/\s+/).filter(Boolean);
    const fits = (name: string) => words.every((word) => fold(name).includes(word));
    const state = store.getState();
    const possible = commands
      .filter(({ id, isPossible }) => id !== 'commands' && (!isPossible || isPossible(state)))
      .map(({ id, chord, run }): Choice => {
        return { key: id, kind: 'command', name: strings.names[id], chord, run: () => run(store.getState()) };
      });
    const chats = chatList.map(({ id, title }): Choice => {
      const open = () => {
        showScreen('chat');
        void store.getState().showChat(id);
      };
      return { key: id, kind: 'chat', name: title || strings.untitled, run: open };
    });
    return [
      ...possible.filter(({ name }) => fits(name)),
      ...(words.length === 0 ? [] : chats.filter(({ name }) => fits(name)).slice(0, MAX_CHATS)),
    ];
  }, [query, chatList, store]);
}

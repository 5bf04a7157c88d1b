/** A small chat in another site's page: who answers, what was said, and where to write. */
import { lazy, Suspense, useLayoutEffect, useRef, useState, type ComponentType, type KeyboardEvent } from 'react';
import { useStore } from 'zustand';
import { formatProgress, formatStats } from '../../app/format';
import { locale } from '../../app/strings';
import { ProblemWords } from '../../app/ui/problem-words';
import { findModel, sentencesOf } from '../../catalog/catalog';
import { present } from '../../lib/invariant';
import type { Chat, ChatTurn } from '../chat/chat';
import { OwnTab } from './own-tab';
import { strings } from './strings';
import type { View } from './view';

export function ChatPanel({ origin, model, chat, onRevoke, onTakeOver }: View & { kind: 'chat' }) {
  const entry = present(findModel(model), 'a model of the catalogue');
  const isEmpty = useStore(chat.store, ({ turns }) => turns.length === 0);
  const fire = useStore(chat.store, ({ isLoaded, phase }) => (phase !== 'idle' ? 'alive' : isLoaded ? 'warm' : 'cold'));
  return (
    <main className="chat" data-fire={fire}>
      <header>
        <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="Hearth" />
        <h1>{entry.label}</h1>
        {!isEmpty && (
          <button type="button" className="quiet-button" onClick={chat.clear}>
            {strings.clear}
          </button>
        )}
        <button type="button" className="quiet-button" popoverTarget="about">
          {strings.about}
        </button>
        <div id="about" popover="auto">
          <p>{strings.chatStays({ host: new URL(origin).host })}</p>
          <OwnTab />
          <button type="button" className="edged-button" onClick={onRevoke}>
            {strings.revoke}
          </button>
        </div>
      </header>
      {isEmpty ? (
        <section className="welcome">
          <p className="aside">{sentencesOf(entry, locale()).caution}</p>
          <ul className="examples">
            {entry.examples.map((example) => (
              <li key={example}>
                <button type="button" className="edged-button" lang="en" onClick={() => void chat.send(example)}>
                  {example}
                </button>
              </li>
            ))}
          </ul>
        </section>
      ) : (
        <Transcript chat={chat} author={entry.label} />
      )}
      <Status chat={chat} author={entry.label} onTakeOver={onTakeOver} />
      <Composer chat={chat} author={entry.label} />
    </main>
  );
}

function Transcript({ chat, author }: { readonly chat: Chat; readonly author: string }) {
  const turns = useStore(chat.store, (state) => state.turns);
  const isWriting = useStore(chat.store, ({ phase }) => phase !== 'idle');
  const log = useRef<HTMLDivElement>(null);
  /** Whoever has scrolled up is left there. */
  const followsEnd = useRef(true);
  useLayoutEffect(() => {
    if (followsEnd.current) log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [turns]);
  return (
    <div
      ref={log}
      className="log"
      role="log"
      aria-label={strings.conversation}
      aria-live="off"
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached by the keyboard
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        followsEnd.current = scrollHeight - scrollTop - clientHeight < 32;
      }}
    >
      {turns.map((turn, index) => (
        <Turn key={turn.id} turn={turn} author={author} isGrowing={isWriting && index === turns.length - 1} />
      ))}
    </div>
  );
}

interface TurnProps {
  readonly turn: ChatTurn;
  readonly author: string;
  readonly isGrowing: boolean;
}

function Turn({ turn: { role, text }, author, isGrowing }: TurnProps) {
  return (
    <article className={`turn turn-${role}`} aria-label={role === 'user' ? strings.you : author}>
      {role === 'user' ? (
        <AsWritten text={text} />
      ) : (
        <Suspense fallback={<AsWritten text={text} />}>
          <Markdown text={text} streaming={isGrowing} />
        </Suspense>
      )}
    </article>
  );
}

/** The largest part of this frame after React, and needed with the first answer only. */
const Markdown = lazy(async (): Promise<{ default: ComponentType<{ text: string; streaming: boolean }> }> => {
  try {
    return { default: (await import('../../app/markdown')).Markdown };
  } catch {
    return { default: AsWritten }; // it could not be fetched: the words are there all the same
  }
});

function AsWritten({ text }: { readonly text: string }) {
  return (
    <p className="said" dir="auto">
      {text}
    </p>
  );
}

interface StatusProps {
  readonly chat: Chat;
  readonly author: string;
  readonly onTakeOver: () => Promise<void>;
}

/** What goes on, what has gone wrong, or how the last answer went. */
function Status({ chat, author, onTakeOver }: StatusProps) {
  const { phase, progress, problem, stats } = useStore(chat.store);
  const isElsewhere = problem?.code === 'engine-elsewhere' || problem?.code === 'engine-taken';
  const retry = async () => {
    if (isElsewhere) await onTakeOver();
    await chat.retry();
  };
  return (
    <>
      {problem && (
        <div className="problem" role="alert">
          <ProblemWords problem={problem} />
          <button type="button" className="edged-button" onClick={() => void retry()}>
            {isElsewhere ? strings.bringHere : strings.tryAgain}
          </button>
        </div>
      )}
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
      <p className="status" role="status">
        {progress
          ? strings.arriving({ model: author, progress: formatProgress(progress) })
          : phase === 'waiting'
            ? strings.waiting({ model: author })
            : phase === 'idle' && stats && formatStats(stats)}
      </p>
      {progress && (
        <progress
          aria-label={strings.arrival({ model: author })}
          value={progress.totalBytes > 0 ? progress.loadedBytes / progress.totalBytes : undefined}
          max={1}
        />
      )}
    </>
  );
}

function Composer({ chat, author }: { readonly chat: Chat; readonly author: string }) {
  const [text, setText] = useState('');
  const isRunning = useStore(chat.store, ({ phase }) => phase !== 'idle');
  const isEmpty = text.trim() === '';

  function send(): void {
    if (isEmpty || isRunning) return;
    void chat.send(text.trim());
    setText('');
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        aria-label={strings.message}
        placeholder={strings.writeTo({ model: author })}
        rows={1}
        dir="auto"
        enterKeyHint="send"
        value={text}
        onFocus={chat.prepare}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {/* One element in both states, so that the focus stays where it is. */}
      <button
        type={isRunning ? 'button' : 'submit'}
        className="main-button"
        aria-disabled={!isRunning && isEmpty}
        onClick={isRunning ? chat.stop : undefined}
      >
        {isRunning ? strings.stop : strings.send}
      </button>
    </form>
  );
}

/**
 * Everything that can be done from anywhere, once: the palette lists it, the keyboard map shows its keys, the handler of keys runs
 * it. What a command needs of the screen it finds in the store; where the focus should go it finds by the names of the parts.
 */
import { splitThinking } from '../../lib/split-thinking';
import { openRun } from '../state/chat-slice';
import type { AppState } from '../state/store';
import type { commands as english } from '../strings/en/commands';
import { focusComposer } from '../chat/focus';
import { saveFile } from '../chat/save-file';
import { screenAt, showScreen } from '../navigation/screens';
import type { Chord } from './chord';

export interface Command {
  /** Its name in the catalogue. */
  id: keyof typeof english.names;
  chord?: Chord;
  /** Its keys mean something else while one writes. */
  notWhileTyping?: boolean;
  /** Absent: always. */
  isPossible?(state: AppState): boolean;
  run(state: AppState): void;
}

export const commands: readonly Command[] = [
  // Around the page
  { id: 'commands', chord: { key: 'k', mod: true }, run: ({ openOverlay }) => openOverlay('commands') },
  { id: 'keys', chord: { key: '?' }, notWhileTyping: true, run: ({ openOverlay }) => openOverlay('keys') },
  { id: 'nextPart', chord: { key: 'F6' }, run: goToOtherPart },
  { id: 'toggleList', chord: { key: 'b', mod: true }, run: toggleList },
  { id: 'showChat', run: () => showScreen('chat') },
  { id: 'showModels', run: () => showScreen('models') },
  { id: 'showBatch', chord: { key: 'b', mod: true, shift: true }, run: () => showScreen('batch') },
  { id: 'showBenchmark', run: () => showScreen('benchmark') },
  { id: 'showSettings', run: () => showScreen('settings') },
  { id: 'showDiagnostics', run: () => showScreen('diagnostics') },

  // Chats
  { id: 'newChat', chord: { key: 'o', mod: true, shift: true }, run: (state) => inChat(() => void state.newChat()) },
  { id: 'temporaryChat', run: (state) => inChat(() => void state.newChat({ temporary: true })) },
  { id: 'searchChats', chord: { key: 'f', mod: true, shift: true }, run: (state) => inChat(() => goToList(state)) },
  { id: 'chatSettings', run: ({ openOverlay }) => inChat(() => openOverlay('chatSettings')) },
  {
    id: 'renameChat',
    chord: { key: 'e', mod: true, shift: true },
    isPossible: isStored,
    run: ({ openOverlay }) => inChat(() => openOverlay('rename')),
  },
  {
    id: 'pinChat',
    isPossible: (state) => isStored(state) && !state.openedChat.pinned,
    run: ({ pinChat, openedChat }) => void pinChat(openedChat.id, true),
  },
  {
    id: 'unpinChat',
    isPossible: (state) => isStored(state) && state.openedChat.pinned,
    run: ({ pinChat, openedChat }) => void pinChat(openedChat.id, false),
  },
  {
    id: 'deleteChat',
    chord: { key: 'd', mod: true, shift: true },
    isPossible: ({ transcript }) => transcript.length > 0,
    run: ({ removeChat, openedChat }) => inChat(() => void removeChat(openedChat.id)),
  },
  {
    id: 'exportChat',
    isPossible: isStored,
    run: ({ exportChats, openedChat }) => void exportChats([openedChat.id], 'markdown').then(saveFile),
  },

  // Answers
  {
    id: 'stop',
    chord: { key: 'Escape' },
    isPossible: (state) => openRun(state) !== undefined,
    run: ({ stop }) => stop(),
  },
  {
    id: 'regenerate',
    isPossible: (state) => state.transcript.length > 0 && !openRun(state),
    run: ({ regenerate }) => inChat(() => void regenerate()),
  },
  {
    id: 'copyAnswer',
    isPossible: (state) => lastAnswer(state) !== undefined,
    run: (state) => void navigator.clipboard?.writeText(splitThinking(lastAnswer(state)?.content ?? '').answer),
  },

  // The batch
  {
    id: 'runBatch',
    isPossible: ({ batch, batchPhase, batchElsewhere }) => batch !== null && batchPhase === 'idle' && !batchElsewhere,
    run: ({ runBatch }) => {
      showScreen('batch');
      void runBatch();
    },
  },
  {
    id: 'pauseBatch',
    isPossible: ({ batchPhase }) => batchPhase === 'running' || batchPhase === 'starting',
    run: ({ pauseBatch }) => pauseBatch(),
  },

  // Look
  { id: 'themeSystem', run: ({ changeSettings }) => changeSettings({ theme: 'system' }) },
  { id: 'themeLight', run: ({ changeSettings }) => changeSettings({ theme: 'light' }) },
  { id: 'themeDark', run: ({ changeSettings }) => changeSettings({ theme: 'dark' }) },
  { id: 'exportEverything', run: ({ exportEverything }) => void exportEverything().then(saveFile) },
];

function isStored({ openedChat, isTemporary }: AppState): boolean {
  return openedChat.revision > 0 && !isTemporary;
}

function lastAnswer({ transcript }: AppState) {
  return transcript.findLast(({ role }) => role === 'assistant');
}

/** Goes to the chat first, and acts when it is there. */
function inChat(act: () => void): void {
  if (screenAt(location.hash) === 'chat') return act();
  window.addEventListener('hashchange', () => requestAnimationFrame(act), { once: true });
  showScreen('chat');
}

const searchField = () => document.querySelector<HTMLElement>('.chat-list input[type="search"]');

/** To the search field; where the list is not in sight, it comes as a sheet. */
function goToList({ openOverlay, settings, changeSettings }: AppState): void {
  if (!settings.showChatList) changeSettings({ showChatList: true });
  requestAnimationFrame(() => {
    if (!searchField()) openOverlay('chats');
    requestAnimationFrame(() => searchField()?.focus());
  });
}

/** From the list of chats to where one writes, and back. */
function goToOtherPart(state: AppState): void {
  inChat(() => {
    if (document.activeElement?.closest('.chat-list')) focusComposer();
    else if (!focusRow()) goToList(state);
  });
}

/** The row of the list that the Tab key comes to. */
function focusRow(): boolean {
  const row = document.querySelector<HTMLElement>('.chat-row-title[tabindex="0"]');
  row?.focus();
  return row !== null;
}

function toggleList({ settings, changeSettings }: AppState): void {
  inChat(() => {
    const hadFocus = document.activeElement?.closest('.chat-list') !== null;
    changeSettings({ showChatList: !settings.showChatList });
    if (settings.showChatList && hadFocus) focusComposer();
  });
}

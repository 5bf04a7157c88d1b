/** Where the frame begins: it finds its host, asks the person, and from then on serves the host over a port. */
import { findModel } from '../catalog/catalog';
import { hearth } from '../client';
import { ALLOWED_SITES_KEY, EMBED_LIMITS, isAllowed, readAllowedSites, revokeSite } from '../client/allowed-sites';
import { HearthError, toHearthError } from '../lib/errors';
import type { EmbedTheme } from '../protocol/embed-api';
import { createGate } from './gate';
import { refuseHost, sayHello, shakeHands, type Host } from './handshake';
import { keepIn } from './limits';
import { assertOwnerAllows } from './owner-list';
import { openSession } from './session';
import type { ModelPlace, View } from './ui/view';

if (window.parent === window) await show({ kind: 'trouble', trouble: 'alone' });
else if (window.origin === 'null') {
  sayHello(window);
  await show({ kind: 'trouble', trouble: 'sandboxed' });
} else {
  const host = await shakeHands(window);
  setTheme(host.wishes.theme);
  try {
    assertOffered(host.wishes.model);
    await assertOwnerAllows(host.origin, () => fetch(new URL('embed-origins.json', document.baseURI)));
    await serve(host);
  } catch (error) {
    const reason = toHearthError(error);
    refuseHost(host.port, reason);
    await show({ kind: 'trouble', trouble: 'refused', origin: host.origin, error: reason });
  }
}

/** @throws HearthError `refused`. */
async function serve(host: Host): Promise<void> {
  const { origin, port, wishes } = host;
  const storage = storageHere();
  const tabStorage = tabStorageHere();
  let isAsking = false;
  const tellHeight = (height: number) => port.postMessage({ type: 'panel', height, isAsking });

  const permit = createGate({
    origin,
    use: wishes.use,
    storage,
    tabStorage,
    async ask(question) {
      isAsking = true;
      tellHeight(0); // a frame that is out of sight is not drawn, and what is not drawn has no height yet
      const place = await placeOf(question.model, storage);
      const isYes = await new Promise<boolean>((onAnswer, onFailure) => {
        show({ kind: 'question', question, place, onAnswer }, tellHeight).catch(onFailure);
      });
      isAsking = false;
      showRest();
      return isYes;
    },
  });
  /** What is seen while nothing is asked; nothing before there is a session. */
  let rest: View | null = null;
  const showRest = () => void (rest && show(rest, tellHeight));

  await permit(wishes.model);
  const watching = new AbortController();
  const { bridge, client } = openSession({
    host,
    client: hearth,
    permit,
    limits: EMBED_LIMITS,
    openHandler: async (parts) => (await import('../client/openai/handler')).createHandler(parts),
    onTheme: setTheme,
    onClose() {
      watching.abort();
      void show({ kind: 'trouble', trouble: 'closed', origin });
    },
    spent: wishes.use === 'ask' ? keepIn(tabStorage, origin) : undefined,
    now: () => performance.timeOrigin + performance.now(),
  });

  /** What is taken back here ends at once in every other frame of the site, too. */
  function revoke(): void {
    if (storage) revokeSite(storage, origin);
    bridge.close(revoked(origin));
  }
  const { signal } = watching;
  window.addEventListener(
    'storage',
    ({ key }) => {
      const isGone = !isAllowed(readAllowedSites(storage), origin, wishes.use, wishes.model);
      if ((key === ALLOWED_SITES_KEY || key === null) && isGone) bridge.close(revoked(origin));
    },
    { signal },
  );
  // The host has gone elsewhere; the frame may live on in the browser's memory for the way back.
  window.addEventListener('pagehide', () => bridge.close(new HearthError('aborted', 'The page was left.')), { signal });

  const { use, model } = wishes;
  rest = { kind: 'use', origin, model, onRevoke: revoke };
  if (use === 'chat') {
    const { createChat } = await import('./chat/chat');
    rest = { ...rest, kind: 'chat', chat: createChat({ model, client, salt: origin }), onTakeOver: hearth.takeOver };
  }
  bridge.send({ type: 'ready' });
  showRest();
}

/** The room that draws is fetched when there is something to show. */
async function show(view: View, onHeight?: (height: number) => void): Promise<void> {
  const { draw } = await import('./ui/draw');
  draw(view, onHeight);
}

function setTheme(theme: EmbedTheme): void {
  document.documentElement.dataset['theme'] = theme;
}

async function placeOf(model: string, storage: Storage | null): Promise<ModelPlace> {
  if (storage === null) return 'passing';
  const stored = await hearth.storedModels().catch(() => []); // what cannot be listed is fetched
  return stored.some(({ modelId }) => modelId === model) ? 'here' : 'kept';
}

/** Null where the browser gives this frame none. */
function storageHere(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** What all frames of this site in one tab share, until the tab is closed; null as above. */
function tabStorageHere(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

/** @throws HearthError `bad-request`. */
function assertOffered(model: string): void {
  if (findModel(model)) return;
  throw new HearthError('bad-request', `"${model}" is no model of this Hearth's catalogue.`, {
    hint: 'In a frame of another site only models of the catalogue run. Name one by its id, e.g. "tales".',
  });
}

function revoked(origin: string): HearthError {
  return new HearthError('refused', `The person at this page has taken back what ${origin} was allowed.`);
}

/** Joins the state of the page with the browser around it: its language and look, its connection, other tabs, a newer build. */
import { version } from '../client';
import { registerServiceWorker } from '../client/offline';
import { followInstallation } from './follow-installation';
import { log } from '../lib/log';
import { applySettings } from './settings/apply-settings';
import { SETTINGS_KEY } from './settings/settings';
import type { AppStore } from './state/store';
import { chooseLanguage, speak } from './strings';

/** Resolves when the page can be drawn: in its language and its colours. */
export async function followBrowser(store: AppStore): Promise<void> {
  followLog(store);
  followConnection(store);
  followAttention(store);
  window.addEventListener('storage', ({ key }) => {
    if (key === SETTINGS_KEY || key === null) store.getState().rereadSettings();
  });
  applySettings(store.getState().settings);
  store.subscribe(({ settings }, before) => {
    if (settings !== before.settings) applySettings(settings);
    if (settings.language !== before.settings.language) void followLanguage(store);
  });
  window.addEventListener('languagechange', () => void followLanguage(store));
  followUpdates(store);
  followInstallation(store);
  await followLanguage(store);
}

async function followLanguage(store: AppStore): Promise<void> {
  const { language: wanted } = store.getState().settings;
  const language = wanted === 'browser' ? chooseLanguage(navigator.languages) : wanted;
  try {
    await speak(language);
  } catch (error) {
    log.warning('language-missing', { language, message: String(error) });
    return; // it could not be fetched: what is spoken now goes on
  }
  document.documentElement.lang = language;
  const focusedId = document.activeElement?.id;
  store.getState().setLanguage(language);
  // Everything is drawn anew; the focus stays where it was.
  if (focusedId) requestAnimationFrame(() => document.getElementById(focusedId)?.focus());
}

function followConnection({ getState }: AppStore): void {
  const tell = () => getState().setOnline(navigator.onLine);
  window.addEventListener('online', tell);
  window.addEventListener('offline', tell);
  tell();
}

/** What waits for the engine goes on by itself only where somebody looks. */
function followAttention({ getState, subscribe }: AppStore): void {
  const tell = () => {
    if (document.visibilityState === 'visible') void getState().takeUp();
  };
  document.addEventListener('visibilitychange', tell);
  subscribe(({ enginePlace }, before) => {
    if (enginePlace !== before.enginePlace) tell();
  });
}

function followUpdates({ getState }: AppStore): void {
  registerServiceWorker().then(
    (shell) => shell?.onUpdateReady(() => getState().offerUpdate(shell.updateAndReload)),
    (error: unknown) => log.warning('offline-shell-refused', { message: String(error) }), // the page works on, only not offline
  );
}

/** Notes what happens to the model and to answers, in figures. What is written is nobody's business. */
function followLog(store: AppStore): void {
  log.info('page-opened', { version });
  window.addEventListener('error', ({ message }) => log.error('uncaught', { message }));
  window.addEventListener('unhandledrejection', ({ reason }) => log.error('unhandled', { message: String(reason) }));
  store.subscribe((state, before) => {
    const { modelId, modelState, enginePlace, problem, storageTrouble, isOnline, answerPhase } = state;
    if (enginePlace.at !== before.enginePlace.at) log.info(`engine-${enginePlace.at}`);
    if (modelState.kind !== before.modelState.kind) {
      if (modelState.kind === 'ready') {
        const { label, contextLength, weightBytes, device } = modelState.model;
        log.info('model-ready', { modelId, label, contextLength, weightBytes, device: device.adapter });
      } else log.info(`model-${modelState.kind}`, { modelId });
    } else if (modelState.kind === 'loading' && before.modelState.kind === 'loading') {
      const phase = modelState.progress?.phase;
      if (phase && phase !== before.modelState.progress?.phase) log.info('model-phase', { modelId, phase });
    }
    if (problem && problem !== before.problem)
      log.error('problem', { code: problem.code, message: problem.message, hint: problem.hint });
    if (storageTrouble && storageTrouble !== before.storageTrouble) log.warning('storage-trouble', { storageTrouble });
    if (isOnline !== before.isOnline) log.info(isOnline ? 'online' : 'offline');
    if (answerPhase !== before.answerPhase) {
      const stats = answerPhase === 'idle' ? state.transcript.at(-1)?.stats : undefined;
      const { tokenMs, ...figures } = stats ?? {};
      log.info(`answer-${answerPhase}`, { ...figures, ...(tokenMs && { tokenMs: Object.values(tokenMs).join(' ') }) });
    }
  });
}

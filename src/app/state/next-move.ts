/** The one thing a person can do about a problem, as a button beside it. */
import { defaultModelId } from '../../catalog/catalog';
import type { HearthError } from '../../client';
import type { AppState } from './store';

export interface NextMove {
  /** What it does; the button's words are the catalogue's. */
  kind: 'tryAgain' | 'newChat' | 'repair' | 'allowHost' | 'useDefaultModel' | 'bringHere';
  run(): void;
}

export function nextMove(state: AppState, problem: HearthError): NextMove {
  const tryAgain: NextMove = { kind: 'tryAgain', run: () => void retry(state) };
  if (state.openedChat.remote) {
    // Never to this device by itself: who answers is chosen beside the composer.
    if (problem.code === 'context-overflow') return { kind: 'newChat', run: () => void state.newChat() };
    return { kind: 'tryAgain', run: () => void state.regenerate() };
  }
  const isHostRefused = problem.code === 'bad-request' && state.hostToAllow() !== null;
  if (isHostRefused) return { kind: 'allowHost', run: () => void allow(state) };
  switch (problem.code) {
    case 'context-overflow':
      return { kind: 'newChat', run: () => void state.newChat() };
    case 'weights-corrupt':
      return { kind: 'repair', run: () => void state.repairSelected().catch(() => {}) }; // kept as the problem
    case 'engine-elsewhere':
    case 'engine-taken':
      return { kind: 'bringHere', run: () => void state.bringHere() };
    case 'bad-request':
    case 'webgpu-unavailable':
    case 'insecure-context':
    case 'adapter-too-small':
    case 'unsupported-model':
    case 'not-found':
    case 'out-of-memory':
      return state.modelId === defaultModelId ? tryAgain : switchToDefaultModel(state);
    case 'device-lost':
    case 'bad-file':
    case 'network':
    case 'storage-full':
    case 'bad-grammar':
    case 'refused':
    case 'rate-limited':
    case 'aborted':
    case 'internal':
      return tryAgain;
  }
}

function switchToDefaultModel(state: AppState): NextMove {
  return {
    kind: 'useDefaultModel',
    run: () => {
      state.selectModel(defaultModelId);
      void retry(state);
    },
  };
}

async function allow(state: AppState): Promise<void> {
  await state.allowHost().catch(() => {}); // kept as the problem
  if (state.transcript.at(-1)?.role === 'user') await state.regenerate();
}

/** Loads the model; a message that still waits for its answer is answered. */
export async function retry(state: AppState): Promise<void> {
  if (state.transcript.at(-1)?.role === 'user') return state.regenerate();
  await state.needModel().catch(() => {}); // kept as the problem
}

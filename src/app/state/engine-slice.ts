/**
 * Which tab has the engine. One that was taken from drops its models; one that waits gets its own back when nobody has the
 * engine any more and a person looks at it, or when the person says so.
 */
import { HearthError, toHearthError, type EnginePlace } from '../../client';
import { retry } from './next-move';
import type { AppServices, Slice } from './store';

export interface EngineSlice {
  enginePlace: EnginePlace;
  /** Takes the engine from the tab that has it, and goes on here with what waits for it. */
  bringHere(): Promise<void>;
  /** A person looks at this tab: where the engine has come free since it was elsewhere, what waits for it goes on. */
  takeUp(): Promise<void>;
}

/** Errors that say that another tab has the engine. */
const ENGINE_ERRORS: readonly HearthError['code'][] = ['engine-elsewhere', 'engine-taken'];

export function needsEngine(problem: HearthError | null): boolean {
  return problem !== null && ENGINE_ERRORS.includes(problem.code);
}

export function createEngineSlice({ client }: AppServices): Slice<EngineSlice> {
  const { engine } = client;
  let isWaiting = false;

  return (set, get) => {
    engine.onChange((enginePlace) => {
      const wasHere = get().enginePlace.at === 'here';
      set({ enginePlace });
      if (enginePlace.at === 'rest') return;
      isWaiting = enginePlace.at === 'elsewhere';
      if (isWaiting && wasHere) get().forgetModel(new HearthError('engine-taken', 'Another tab has taken the engine.'));
    });

    /** A message that waits is answered; else the model is loaded, unless that would be a download. */
    async function goOn(): Promise<void> {
      // A chat that a server answers waits for no engine.
      if (needsEngine(get().problem) && !get().openedChat.remote) await retry(get());
      else await get().begin();
    }

    return {
      enginePlace: engine.place(),

      async bringHere() {
        try {
          await engine.takeOver();
        } catch (error) {
          set({ problem: toHearthError(error) });
          return;
        }
        await goOn();
      },

      async takeUp() {
        if (!isWaiting || get().enginePlace.at !== 'rest') return;
        isWaiting = false;
        await goOn();
      },
    };
  };
}

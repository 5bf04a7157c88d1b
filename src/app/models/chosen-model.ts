/** Which model a person has chosen to write with, kept for the next visit. */

/** Beginning with "hearth." like all keys of ours, so that export and deletion find it. */
export const CHOSEN_MODEL_KEY = 'hearth.model';

/** The model's id, or null where none has been chosen or nothing can be kept. */
export function readChosenModel(storage: Pick<Storage, 'getItem'> | null): string | null {
  try {
    return storage?.getItem(CHOSEN_MODEL_KEY) || null;
  } catch {
    return null;
  }
}

/** A full or forbidden storage keeps nothing, and the page goes on. */
export function writeChosenModel(storage: Pick<Storage, 'setItem'> | null, modelId: string): void {
  try {
    storage?.setItem(CHOSEN_MODEL_KEY, modelId);
  } catch {
    // the choice holds until the tab is closed
  }
}

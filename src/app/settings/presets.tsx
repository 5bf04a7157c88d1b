/** The presets there are. They are made in a chat's own settings; here they can be looked through and deleted, with undo. */
import { useRef, useState } from 'react';
import type { Preset } from '../chats/types';
import { useApp } from '../state/use-app';
import { wordsOf } from '../strings';
import { settings as english } from '../strings/en/settings';

const strings = wordsOf('settings', english);

export function Presets() {
  const presets = useApp((state) => state.presets);
  const savePreset = useApp((state) => state.savePreset);
  const deletePreset = useApp((state) => state.deletePreset);
  const [deleted, setDeleted] = useState<Preset | null>(null);
  const undoButton = useRef<HTMLButtonElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  async function remove(preset: Preset): Promise<void> {
    await deletePreset(preset.id);
    setDeleted(preset);
    requestAnimationFrame(() => undoButton.current?.focus());
  }

  async function putBack(preset: Preset): Promise<void> {
    await savePreset(preset);
    setDeleted(null);
    heading.current?.focus();
  }

  return (
    <div className="field">
      <h4 ref={heading} tabIndex={-1}>
        {strings.presets}
      </h4>
      {presets.length === 0 && !deleted && <p className="help">{strings.noPresets}</p>}
      {presets.length > 0 && (
        <ul className="preset-list">
          {presets.map((preset) => (
            <li key={preset.id}>
              <div className="preset-text">
                <bdi>{preset.name}</bdi>
                <p className="help">{describe(preset)}</p>
              </div>
              <button
                type="button"
                className="quiet-button"
                aria-label={strings.deletePreset({ name: preset.name })}
                onClick={() => void remove(preset)}
              >
                {strings.delete}
              </button>
            </li>
          ))}
        </ul>
      )}
      {deleted && (
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here
        <div className="notice" role="status">
          <p>{strings.deletedPreset({ name: deleted.name })}</p>
          <button ref={undoButton} type="button" className="edged-button" onClick={() => void putBack(deleted)}>
            {strings.undo}
          </button>
        </div>
      )}
    </div>
  );
}

/** The beginning of its system prompt, and how many options it sets. */
function describe({ systemPrompt, sampling }: Preset): string {
  const options = strings.presetOptions({ count: Object.keys(sampling).length });
  const prompt = systemPrompt.length > 80 ? `${systemPrompt.slice(0, 80).trimEnd()}…` : systemPrompt;
  return prompt === '' ? options : `${prompt} · ${options}`;
}

/**
 * What a person has settled once for the whole page. It is kept in localStorage as one JSON object and read again field by field:
 * what is missing or makes no sense takes its default, so that neither an older nor a damaged record can keep the page from
 * starting.
 */
import * as v from 'valibot';
import { languages, type Language } from '../strings/language';

/** Beginning with "hearth." like all keys of ours, so that export and deletion find it. */
export const SETTINGS_KEY = 'hearth.settings';

export const themes = ['system', 'light', 'dark'] as const;
export const textSizes = ['small', 'normal', 'large', 'largest'] as const;
export const sendKeys = ['enter', 'ctrl-enter'] as const;

export const contextPolicies = ['stop', 'drop-oldest'] as const;

/** How long a paste may be set to be before it becomes an attachment, in characters. */
export const pasteBounds = { min: 200, max: 100_000 };

const languageNames = ['browser', ...(Object.keys(languages) as Language[])] as const;

const schema = v.object({
  theme: field(v.picklist(themes), 'system'),
  language: field(v.picklist(languageNames), 'browser'),
  textSize: field(v.picklist(textSizes), 'normal'),
  /** On top of what the system asks for. */
  reduceMotion: field(v.boolean(), false),
  /** Which key sends; the other one breaks the line. */
  sendKey: field(v.picklist(sendKeys), 'enter'),
  /** Speed and length under an answer. */
  showStatistics: field(v.boolean(), true),
  /** Longer pastes become an attachment. */
  maxPasteCharacters: field(
    v.pipe(v.number(), v.integer(), v.minValue(pasteBounds.min), v.maxValue(pasteBounds.max)),
    2500,
  ),
  /** What the model is told first in a new chat. */
  systemPrompt: field(v.string(), ''),
  /** What happens when a chat no longer fits the model's context. */
  contextPolicy: field(v.picklist(contextPolicies), 'stop'),
  /** A model that has a draft model is loaded with it. */
  useDraft: field(v.boolean(), false),
  /** Answers show which of their words were guessed ahead. */
  colourDrafted: field(v.boolean(), false),
  /** The hub that repositories are looked up on; empty for Hugging Face. */
  hubUrl: field(
    v.pipe(
      v.string(),
      v.check((text) => text === '' || isHubAddress(text)),
    ),
    '',
  ),
  /** The list of chats stands beside the conversation where there is room. */
  showChatList: field(v.boolean(), true),
});

export type Settings = v.InferOutput<typeof schema>;

export const defaultSettings: Settings = v.parse(schema, {});

/** @param storage null where nothing may be stored; then defaults hold until the tab is closed. */
export function readSettings(storage: Pick<Storage, 'getItem'> | null): Settings {
  try {
    return v.parse(schema, JSON.parse(storage?.getItem(SETTINGS_KEY) ?? '{}'));
  } catch {
    return defaultSettings; // not JSON, or no object
  }
}

/** A full or forbidden storage keeps nothing, and the page goes on. */
export function writeSettings(storage: Pick<Storage, 'setItem'> | null, settings: Settings): void {
  try {
    storage?.setItem(SETTINGS_KEY, JSON.stringify(settings));
  } catch {
    // what was set holds until the tab is closed
  }
}

/** An absolute address, written out as such and without a name, a password or a query: https, or of this very machine. */
export function isHubAddress(text: string): boolean {
  // "https:hub" is an address to browsers alone.
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (`${username}${password}${search}${hash}` !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}

function field<Schema extends v.GenericSchema>(valid: Schema, fallback: v.InferOutput<Schema>) {
  return v.optional(v.fallback(valid, fallback), fallback);
}

/**
 * Which language the page speaks: the browser's, or the one that is set. English is always at hand; any other comes as a file
 * of its own when it is wanted.
 */
import { i18n } from '@lingui/core';
import type { Catalogue } from './words';

/** What there is, each by the name its speakers give it. */
export const languages = { en: 'English', de: 'Deutsch' } as const;

export type Language = keyof typeof languages;

const translations: Record<Exclude<Language, 'en'>, () => Promise<{ default: Catalogue }>> = {
  de: () => import('./de'),
};

i18n.loadAndActivate({ locale: 'en', messages: {} });

/** The first of a person's languages that we speak; regions are not told apart. */
export function chooseLanguage(wanted: readonly string[]): Language {
  const primary = wanted.map((tag) => tag.split('-')[0]);
  return primary.find((tag): tag is Language => tag !== undefined && Object.hasOwn(languages, tag)) ?? 'en';
}

/** Lets the page speak this language from now on; what is on the screen already must be drawn again. */
export async function speak(language: Language): Promise<void> {
  const catalogue = language === 'en' ? {} : (await translations[language]()).default;
  i18n.loadAndActivate({ locale: language, messages: flatten(catalogue) });
}

/** The active language, for `Intl`. */
export function locale(): string {
  return i18n.locale;
}

/** Every sentence by its whole name: "chat.newChat". */
export function flatten(catalogue: Catalogue, prefix = ''): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, text] of Object.entries(catalogue)) {
    if (typeof text === 'string') flat[prefix + name] = text;
    else Object.assign(flat, flatten(text, `${prefix}${name}.`));
  }
  return flat;
}

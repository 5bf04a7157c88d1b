import type { settings as english } from '../en/settings';
import type { Translation } from '../words';

export const settings: Translation<typeof english> = {
  title: 'Einstellungen',
  lead: 'Sie gelten für jeden Chat und bleiben auf diesem Gerät.',

  look: 'Aussehen',
  theme: 'Farben',
  themes: { system: 'Wie im System', light: 'Hell', dark: 'Dunkel' },
  textSize: 'Schriftgröße',
  textSizes: { small: 'Klein', normal: 'Normal', large: 'Groß', largest: 'Sehr groß' },
  reduceMotion: 'Alles ruhig halten',
  reduceMotionHelp: 'Keine Bewegung, auch wo das System sie erlauben würde.',
  language: 'Sprache',
  languageBrowser: 'Die Sprache des Browsers',

  writing: 'Schreiben und Lesen',
  sendKey: 'Eine Nachricht senden mit',
  sendKeys: { enter: 'Eingabe', ctrlEnter: '{modifier} + Eingabe' },
  control: 'Strg',
  sendKeyHelp: 'Die andere Taste beginnt eine neue Zeile.',
  maxPaste: 'Eingefügter Text wird ab so vielen Zeichen zum Anhang',
  maxPasteWrong: 'Eine ganze Zahl von {min, number} bis {max, number}.',
  showStatistics: 'Tempo und Länge unter jeder Antwort zeigen',
  colourDrafted: 'Wörter färben, die vorausgeraten wurden',
  colourDraftedHelp:
    'Ein Entwurfsmodell errät sie, oder sie folgen dem, was im Chat schon steht. Antworten mit solchen Wörtern erscheinen dann so, wie sie geschrieben wurden, ohne Überschriften, Listen und Ähnliches.',

  model: 'Was dem Modell gesagt wird',
  systemPrompt: 'Jeder neue Chat beginnt mit diesem System-Prompt',
  systemPromptHelp:
    'Zum Beispiel „Antworte in zwei Sätzen.“ Er braucht Platz im Kontext. Jeder Chat kann einen anderen haben.',
  contextPolicy: 'Wenn ein Chat nicht mehr in den Kontext des Modells passt',
  contextPolicies: { stop: 'Anhalten und es sagen', dropOldest: 'Die ältesten Nachrichten weglassen' },
  contextPolicyHelp: 'Weggelassene Nachrichten bleiben im Chat; nur das Modell sieht sie nicht mehr.',
  presets: 'Vorlagen',
  noPresets:
    'Noch keine. Die Einstellungen eines Chats lassen sich dort als Vorlage sichern und stehen dann jedem Chat zur Wahl.',
  presetOptions:
    '{count, plural, =0{Sampling wie vom Modell vorgesehen} one{# Sampling-Option} other{# Sampling-Optionen}}',
  deletePreset: 'Vorlage {name} löschen',
  deletedPreset: 'Vorlage „{name}“ gelöscht.',
  undo: 'Rückgängig',
  delete: 'Löschen',

  hub: 'Woher Modelle kommen',
  hubUrl: 'Modelle werden auf diesem Hub nachgeschlagen',
  hubUrlHelp: 'Die Adresse eines Spiegels von Hugging Face; leer für Hugging Face selbst.',
  hubUrlWrong: 'Erwartet wird eine Adresse, die mit https:// beginnt.',
  token: 'Ihr Token für {host}',
  tokenHelp:
    'Manche Modelle bekommt nur, wer ihren Bedingungen auf {host} zugestimmt hat und ein Token von dort vorzeigt.',
  tokenKept: 'Ein Token für {host} liegt auf diesem Gerät. Es wird dorthin gesendet und nirgendwo sonst hin.',
  keepToken: 'Behalten',
  forgetToken: 'Vergessen',
  hosts: 'Hosts, die gefragt werden dürfen',
  hostAllowed: 'Hearth darf dort nach Modellen fragen.',
  hostWithToken: 'Ein Token dafür liegt hier.',
  withdraw: 'Entziehen',
  withdrawHost: '{host} die Erlaubnis entziehen',
  hostsHelp:
    'Diesen Hosts haben Sie es erlaubt, als ein Modell von dort kommen sollte. Wird einer entzogen, fragt Hearth wieder.',
  withdrawn: '{host} wird nicht mehr gefragt.',

  sites: 'Websites mit Hearth in einem Rahmen',
  noSites: 'Keine andere Website darf hier ein Modell benutzen.',
  siteUses: {
    ask: 'darf {models} fragen, seit {since}.',
    chat: 'darf ein Gespräch mit {models} anbieten, von dem sie nichts sieht, seit {since}.',
  },
  revoke: 'Nicht mehr erlauben',
  revokeSite: '{site} kein Modell mehr erlauben',
  sitesHelp:
    'Browser halten getrennt, was in Rahmen auf verschiedenen Websites geschieht. Was Sie auf einer anderen Website erlaubt haben, nehmen Sie darum dort zurück: im Rahmen selbst, oder indem Sie die Daten jener Website in Ihrem Browser löschen.',
  siteLimits:
    'Jede Website bekommt höchstens {answers, number} Antworten zugleich, {tokens, number} Tokens in der Minute und einen Kontext von {context, number} Tokens.',

  keeping: 'Was hier aufbewahrt wird',
  measuring: 'Wird gezählt…',
  used: 'Modelle, Chats und die Seite selbst belegen {size} auf diesem Gerät.',
  usedUnknown: 'Dieser Browser sagt nicht, wie viel Platz Modelle und Chats belegen.',
  keepingSays: {
    kept: 'Der Browser hat zugesagt, nichts davon zu löschen, wenn der Speicher knapp wird.',
    'best-effort':
      'Wird der Speicher knapp, darf der Browser alles löschen. Chats sind dann verloren, Modelle werden neu geholt.',
    refused:
      'Der Browser hat nicht zugesagt, es zu behalten. Er tut es eher bei Seiten, die installiert, als Lesezeichen gemerkt oder oft benutzt sind.',
    unknown: 'Dieser Browser sagt nicht zu, es zu behalten. Exportieren Sie, was Sie vermissen würden.',
  },
  keepData: 'Meine Daten behalten',
  exportEverything: 'Alles exportieren',
  exportHelp:
    'Alle Chats, Vorlagen, Einstellungen und der Stapel als eine Datei. Modelle sind nicht dabei: Sie lassen sich wieder holen.',
  importChats: 'Importieren…',
  imported: '{added, plural, one{# Chat} other{# Chats}} importiert, {unchanged, number} waren schon da.',
  deleteEverything: 'Alles löschen',
  deleteTitle: 'Alles löschen?',
  deleteExplained:
    'Alle Chats, Modelle, Vorlagen, Einstellungen und der Stapel werden von diesem Gerät gelöscht, laufende Antworten angehalten. Das lässt sich nicht rückgängig machen.',
  deleteNow: 'Jetzt alles löschen',
  deleting: 'Wird gelöscht…',
  deleteFailed:
    'Nicht gelöscht werden konnten: {names}. Schließen Sie andere Tabs von Hearth und versuchen Sie es noch einmal.',
  tryAgain: 'Noch einmal versuchen',
  cancel: 'Abbrechen',
  gotIt: 'Verstanden',

  more: 'Mehr',
  keyboard: 'Tastenkürzel',
  diagnostics: 'Diagnose',
  diagnosticsHelp: 'Was dieses Gerät bietet und was zuletzt geschehen ist. Für den Fall, dass etwas nicht stimmt.',
  reset: 'Zurück zu den ursprünglichen Einstellungen',
  version:
    'Hearth {version}. Nichts, was Sie schreiben, verlässt dieses Gerät, außer an einen Server, den Sie dafür gewählt haben.',
};

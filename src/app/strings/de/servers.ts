import type { servers as english } from '../en/servers';
import type { Translation } from '../words';

export const servers: Translation<typeof english> = {
  title: 'Server',
  lead: 'Ein größeres Modell auf einem Server kann Chats auf dieser Seite beantworten: vLLM, llama.cpp, Ollama, LM Studio oder jeder andere, der die Schnittstelle von OpenAI spricht.',
  leaves:
    'Was Sie einem solchen Modell schreiben, verlässt diese Seite und, wo der Server ein anderes Gerät ist, auch dieses Gerät: Der ganze Chat wird an den Server gesendet, mit Dateien und Systemprompt, und was dort damit geschieht, bestimmt, wer ihn betreibt. Gesendet werden nur Chats, für die Sie ein solches Modell wählen.',

  address: 'Adresse des Servers',
  addressHelp: 'Meist endet sie auf /v1; das wird ergänzt, wo nichts anderes steht.',
  examples: 'Übliche Adressen',
  key: 'Schlüssel, falls er einen verlangt',
  keyHelp: 'Er bleibt auf diesem Gerät, wird nur an diesen Server gesendet und nie wieder gezeigt.',
  add: 'Hinzufügen und nach Modellen fragen',
  adding: 'Wird gefragt…',
  wrongAddress: 'Erwartet wird eine Adresse wie http://localhost:11434 oder https://example.org/v1.',
  mixed:
    'Diese Seite kam über https, darum lässt der Browser sie andere Geräte nur über https fragen. Einfaches http geht bei Servern auf diesem Gerät: http://localhost.',
  unencrypted:
    'Einfaches http zu einem anderen Gerät: Wer dazwischen im Netz ist, kann Chats und Schlüssel mitlesen. Hearth muss dafür mit HEARTH_CONNECT="{origin}" gestartet sein.',

  list: 'Ihre Server',
  modelsOf: 'Modelle von {host}',
  withKey: 'Mit Schlüssel',
  withoutKey: 'Ohne Schlüssel',
  models: '{models, plural, =0{Noch keine Modelle} one{# Modell} other{# Modelle}}',
  asking: 'Wird nach Modellen gefragt…',
  newChat: 'Neuer Chat',
  newChatWith: 'Neuer Chat mit {model} auf {host}',
  ask: 'Noch einmal fragen',
  askServer: '{host} nach Modellen fragen',
  remove: 'Entfernen',
  removeServer: '{host} entfernen',
  removeTitle: '{host} entfernen?',
  removeExplained:
    'Adresse und Schlüssel werden von diesem Gerät gelöscht. Chats, die er beantwortet hat, bleiben; um sie fortzusetzen, wählen Sie ein anderes Modell.',
  keep: 'Behalten',
  moreModels:
    '{models, plural, one{# weiteres: Wählen Sie es in einem Chat.} other{# weitere: Wählen Sie sie in einem Chat.}}',

  reach: 'Wenn der Server läuft, muss er diese Seite einlassen',
  reachLead:
    'Browser lassen eine Seite einen Server nur fragen, wenn er die Herkunft der Seite erlaubt (CORS). Diese Seite ist {origin}.',
  reachLocal: 'Vielleicht fragt auch der Browser, ob diese Seite Geräte in Ihrem Netz erreichen darf: Erlauben Sie es.',
  reachLmStudio: 'Developer, Server Settings: „Enable CORS“ einschalten',
  reachLlamaCpp: 'lässt jede Seite ein',
};

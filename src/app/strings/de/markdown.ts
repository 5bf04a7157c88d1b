import type { markdown as english } from '../en/markdown';
import type { Translation } from '../words';

export const markdown: Translation<typeof english> = {
  code: 'Code',
  codeIn: 'Code, {language}',
  plainCode: 'Code',
  copy: 'Kopieren',
  copyCode: 'Code kopieren',
  copied: 'Kopiert',
  copyFailed: 'Der Browser hat das Kopieren nicht erlaubt. Markieren Sie den Text und kopieren Sie ihn von Hand.',
  wrap: 'Umbrechen',
  wrapLines: 'Lange Zeilen umbrechen',
  table: 'Tabelle',
  done: 'Erledigt',
  open: 'Zu tun',
  formulaNotRead: 'Diese Formel konnte nicht gelesen werden; so steht sie geschrieben',
  thinking: 'Denkt nach',
  thought: 'Nachgedacht',
  thoughtFor: '{duration} nachgedacht',
  seconds: '{seconds, number} s',
  minutes: '{minutes, number} min {seconds, number} s',
  openImage: 'Bild in einem neuen Tab öffnen',
  openImageWhy: '{host} erfährt dann, dass Sie es angesehen haben.',
  note: 'Anmerkung {label}',
};

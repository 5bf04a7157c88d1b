import type { chats as english } from '../en/chats';
import type { Translation } from '../words';

export const chats: Translation<typeof english> = {
  you: 'Sie',
  assistant: 'Assistent',
  thinking: 'Überlegung',
  systemPrompt: 'System-Prompt',
  modelAt: '{model} auf {host}',
  untitled: 'Chat ohne Titel',

  databaseBlocked: 'Ein anderer Tab mit einer älteren Version von Hearth hält die Chats offen.',
  databaseWithoutReason: 'Der Browser konnte die Chats nicht öffnen und nannte keinen Grund.',

  importHint:
    'Wählen Sie eine aus Hearth exportierte .json- oder .md-Datei oder das .zip oder die conversations.json eines ChatGPT-Exports.',
  fileTooLarge: '{file} hat {foundMegabytes, number} MB; importiert werden Dateien bis {limitMegabytes, number} MB.',
  fileTooLargeHint: 'Exportieren Sie weniger Chats auf einmal.',
  notText: '{file} ist kein Text in UTF-8, wie es Exporte von Chats sind.',
  notJson: '{file} ist kein gültiges JSON ({reason}).',
  notJsonHint: 'Die Datei ist vielleicht abgeschnitten: Exportieren oder laden Sie sie noch einmal.',
  unknownJson: '{file} ist JSON, aber weder ein Export von Hearth noch einer von ChatGPT.',
  unknownMarkdown: '{file} enthält keinen aus Hearth exportierten Chat: Die Marken „<!-- hearth:… -->“ fehlen.',
  newerFormat: '{file} ist in Version {found} des Formats geschrieben; diese Seite liest Versionen bis {known}.',
  newerFormatHint: 'Laden Sie die Seite neu, um das neueste Hearth zu bekommen, und importieren Sie dann noch einmal.',
  badField: '{file} ist beschädigt: {place} ist {found}, erwartet war {expected}.',
  badFieldHint:
    'Nichts wurde importiert. Exportieren Sie die Chats noch einmal; eine von Hand geänderte Datei muss sich an das Format halten.',
  badZip: '{file} ist kein lesbares Zip-Archiv ({reason}).',
  emptyZip: '{file} ist ein Zip-Archiv ohne Chats.',

  expectedUniqueId: 'eine Kennung, die keine andere Nachricht hat',
  expectedParent: 'null oder die Kennung einer anderen Nachricht dieses Chats',
  expectedNoCycle: 'eine Nachricht darüber, keine darunter',
  expectedLeaf: 'null oder die Kennung einer Nachricht dieses Chats',
  expectedNode: 'ein Knoten dieser Unterhaltung',
};

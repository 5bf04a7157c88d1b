/** Chats as files: what is written into an export, and why one cannot be read. */
export const chats = {
  you: 'You',
  assistant: 'Assistant',
  thinking: 'Thinking',
  systemPrompt: 'System prompt',
  modelAt: '{model} at {host}',
  untitled: 'Untitled chat',

  databaseBlocked: 'Another tab with an older version of Hearth keeps the chats open.',
  databaseWithoutReason: 'The browser could not open the chats and gave no reason.',

  importHint: 'Choose a .json or .md file exported from Hearth, or the .zip or conversations.json of a ChatGPT export.',
  fileTooLarge: '{file} has {foundMegabytes, number} MB; files up to {limitMegabytes, number} MB can be imported.',
  fileTooLargeHint: 'Export fewer chats at a time.',
  notText: '{file} is not text in UTF-8, as exports of chats are.',
  notJson: '{file} is not valid JSON ({reason}).',
  notJsonHint: 'The file may have been cut off: export or download it again.',
  unknownJson: '{file} is JSON, but neither an export of Hearth nor one of ChatGPT.',
  unknownMarkdown: '{file} has no chat exported by Hearth: its marks “<!-- hearth:… -->” are missing.',
  newerFormat: '{file} is written in version {found} of the format; this page reads versions up to {known}.',
  newerFormatHint: 'Reload the page to get the newest Hearth, then import again.',
  badField: '{file} is damaged: {place} is {found}, expected {expected}.',
  badFieldHint: 'Nothing was imported. Export the chats again; a file changed by hand must keep to the format.',
  badZip: '{file} is not a readable zip archive ({reason}).',
  emptyZip: '{file} is a zip archive without any chats in it.',

  expectedUniqueId: 'an id that no other message has',
  expectedParent: 'null or the id of another message of this chat',
  expectedNoCycle: 'a message above it, not one below it',
  expectedLeaf: 'null or the id of a message of this chat',
  expectedNode: 'a node of this conversation',
} as const;

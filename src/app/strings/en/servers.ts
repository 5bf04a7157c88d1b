/** Servers elsewhere: entering them, their models, and what goes there. */
export const servers = {
  title: 'Servers',
  lead: 'A larger model on a server can answer chats in this page: vLLM, llama.cpp, Ollama, LM Studio, or any other that speaks OpenAI’s API.',
  leaves:
    'What you write to such a model leaves this page, and where the server is another machine, this device: the whole chat is sent to the server, files and system prompt included, and what happens to it there is up to whoever runs it. Only chats for which you choose such a model are sent.',

  // Entering one
  address: 'Address of the server',
  addressHelp: 'Usually it ends with /v1, which is added where nothing else stands.',
  examples: 'Usual addresses',
  key: 'Key, if it asks for one',
  keyHelp: 'It is kept on this device, sent to this server alone, and never shown again.',
  add: 'Add and ask for its models',
  adding: 'Asking…',
  wrongAddress: 'Expected an address such as http://localhost:11434 or https://example.org/v1.',
  mixed:
    'This page came over https, so the browser lets it ask other machines over https only. Plain http works for servers on this device: http://localhost.',
  unencrypted:
    'Plain http to another machine: whoever is on the network between can read the chats and the key. Hearth has to be started with HEARTH_CONNECT="{origin}" for it.',

  // One of them
  list: 'Your servers',
  modelsOf: 'Models of {host}',
  withKey: 'With a key',
  withoutKey: 'Without a key',
  models: '{models, plural, =0{No models yet} one{# model} other{# models}}',
  asking: 'Asking for its models…',
  newChat: 'New chat',
  newChatWith: 'New chat with {model} at {host}',
  ask: 'Ask again',
  askServer: 'Ask {host} for its models',
  remove: 'Remove',
  removeServer: 'Remove {host}',
  removeTitle: 'Remove {host}?',
  removeExplained:
    'The address and the key are deleted from this device. Chats that it has answered stay; to go on with them, pick another model.',
  keep: 'Keep it',
  moreModels: '{models, plural, one{# more: pick it in a chat.} other{# more: pick them in a chat.}}',

  // When it cannot be reached
  reach: 'If the server runs, it has to let this page in',
  reachLead:
    'Browsers let a page ask a server only if the server allows the page’s origin (CORS). This page is {origin}.',
  reachLocal: 'The browser may also ask you whether this page may reach devices in your network: allow it.',
  reachLmStudio: 'Developer, Server Settings: switch on “Enable CORS”',
  reachLlamaCpp: 'lets every page in',
} as const;

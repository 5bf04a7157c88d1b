/** What Hearth says in the frame of another site, and of such sites in the settings. */
export const embed = {
  asks: {
    ask: '{host} would like to ask {model} on this machine',
    chat: '{host} offers a chat with {model} on this machine',
  },
  explains: {
    ask: 'The model would run here, in your browser. {host} sends it texts and reads its answers; nobody else does.',
    chat: 'The model would run here, in your browser. What you write and what it answers stays here: {host} sees none of it.',
  },
  model: 'Model',
  download: 'Download',
  sizeFrom: '{size} from {place}',
  isHere: 'None: it is here already',
  kept: 'Kept',
  keptFor: 'By {host}, for this site alone. Another site, or Hearth in its own tab, fetches it again.',
  keptNowhere: 'Nowhere: this browser gives frames of other sites no storage. It is fetched anew at every visit.',
  uses: 'Uses',
  limits:
    'Your graphics processor and memory: at most {answers, number} answers at once, {tokens, number} tokens a minute',
  processor: 'Your graphics processor and memory',
  allow: 'Allow',
  refuse: 'Not now',
  remembered: 'A yes is remembered until you take it back in this frame, or clear the data of {host} in your browser.',
  forgotten: 'A yes lasts until you leave the page.',
  openHearth: 'Open Hearth in its own tab instead',
  inUse: '{host} may ask {model} in this browser.',
  revoke: 'No longer allow it',

  // The chat
  conversation: 'Conversation',
  you: 'You',
  message: 'Message',
  writeTo: 'Write to {model}…',
  send: 'Send',
  stop: 'Stop',
  clear: 'Clear',
  about: 'About',
  chatStays: 'The model runs in this browser. {host} sees nothing of this chat, which is gone when you leave the page.',
  arriving: '{model} is arriving: {progress}.',
  arrival: '{model} is arriving',
  waiting: '{model} is reading…',
  tryAgain: 'Try again',
  bringHere: 'Bring it here',

  trouble: {
    alone: {
      what: 'This page belongs into another page.',
      next: 'It lets other sites offer a model that runs in your browser. There is nothing for it to do by itself.',
    },
    sandboxed: {
      what: 'Hearth cannot run in this frame.',
      next: 'The page keeps it in a sandbox without an origin, where browsers withhold storage and the graphics processor. Whoever made the page has to add “allow-same-origin”.',
    },
    refused: {
      what: 'Nothing runs here.',
      next: '{host} may not use a model in this frame.',
    },
    closed: {
      what: 'The connection has ended.',
      next: '{host} can no longer ask a model here. Reload the page to begin again.',
    },
  },
} as const;

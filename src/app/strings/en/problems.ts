/** What each kind of error means and what to do about it, by its code in `lib/errors.ts`. */
export const problems = {
  'webgpu-unavailable': {
    what: 'There is no graphics processor for this model.',
    next: 'Use a current Chrome, Edge, Safari or Firefox with hardware acceleration on, or pick a smaller model.',
  },
  'insecure-context': {
    what: 'The page did not come over a secure address.',
    next: 'Open it over https, or on the machine that serves it as http://localhost.',
  },
  'adapter-too-small': {
    what: 'The graphics processor is too small for this.',
    next: 'Pick a smaller model or a shorter context.',
  },
  'device-lost': {
    what: 'The graphics processor was lost, and the model with it.',
    next: 'Load the model again; the conversation is kept.',
  },
  'out-of-memory': {
    what: 'There is not enough memory.',
    next: 'Close other tabs, or pick a smaller model or a shorter context.',
  },
  network: {
    what: 'The connection failed.',
    next: 'Check it and try again; what has been downloaded is kept.',
  },
  'not-found': {
    what: 'The server has no such file.',
    next: 'Check the address of the model.',
  },
  'bad-file': {
    what: 'A file is not what it should be.',
    next: 'Check that the address leads to a model and not to a web page, then try again.',
  },
  'unsupported-model': {
    what: 'Hearth does not know this kind of model.',
    next: 'Pick another model.',
  },
  'weights-corrupt': {
    what: 'What is stored of the model is damaged.',
    next: 'Download it again.',
  },
  'storage-full': {
    what: 'The browser refused to store more.',
    next: 'Free some disk space or delete a stored model.',
  },
  'context-overflow': {
    what: 'The conversation is longer than the model can read.',
    next: 'Shorten the message or start a new chat.',
  },
  'bad-grammar': {
    what: 'The answer cannot be given in the form that was asked for.',
    next: 'Ask for another form, or for none.',
  },
  'engine-elsewhere': {
    what: 'Hearth is running in another tab.',
    next: 'Use it in that tab, or close it, or bring it here.',
  },
  'engine-taken': {
    what: 'Another tab has taken Hearth over, so this stopped.',
    next: 'Go on in that tab, or bring Hearth back here; what was said is kept.',
  },
  'bad-request': {
    what: 'Something was asked for that cannot be done.',
    next: 'Choose another model, or try again.',
  },
  refused: {
    what: 'That was not allowed.',
    next: 'Allow it, and try again.',
  },
  'rate-limited': {
    what: 'More was asked for than is allowed at once.',
    next: 'Try again in a minute.',
  },
  aborted: {
    what: 'It was stopped.',
    next: 'Start again when you are ready.',
  },
  internal: {
    what: 'Something in Hearth broke.',
    next: 'Try again; if it happens again, reload the page and look into the diagnostics.',
  },

  // The same kinds where a server elsewhere was asked
  servers: {
    network: {
      what: 'The server cannot be reached, or it broke off.',
      next: 'Check that it runs and lets this page in (under Models, Servers), then try again.',
    },
    'not-found': {
      what: 'The server does not have it.',
      next: 'Check the address, and whether the server still has this model.',
    },
    'bad-file': {
      what: 'The server answered something else than expected.',
      next: 'Check that the address is that of an OpenAI-compatible API.',
    },
    refused: {
      what: 'The server refused.',
      next: 'Check its key. Under Models, a server that is added again gets another one.',
    },
    'rate-limited': {
      what: 'The server has too much to do, or allows no more for now.',
      next: 'Wait a little, then try again.',
    },
    'bad-request': {
      what: 'The server cannot answer this.',
      next: 'Check the settings of this chat: not every server knows every option.',
    },
    'context-overflow': {
      what: 'The conversation is longer than the server’s model can read.',
      next: 'Shorten the message or start a new chat.',
    },
  },
} as const;

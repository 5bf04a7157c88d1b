/** The shelf of models, what the machine holds, and the line about the model in the chat. */
export const models = {
  title: 'Models',
  lead: 'Models run on this machine, in this tab. What you get stays here and works without a network.',
  shelf: 'Shelf',
  shelfStatus: 'Shelf',
  reading: 'Looking what is here…',
  cannotRead: 'The shelf cannot be read.',
  tryAgain: 'Try again',

  // One model
  state: {
    absent: 'Not here',
    getting: 'Downloading',
    elsewhere: 'Another tab is downloading it',
    paused: 'Paused',
    here: 'On this machine',
    inMemory: 'In memory until this tab is closed',
    loading: 'Loading',
    loaded: 'Loaded',
    inUse: 'Loaded, in use',
    verifying: 'Checking',
    exporting: 'Exporting',
  },
  fact: {
    download: 'Download',
    disk: 'On disk',
    memory: 'Memory at this context',
    licence: 'Licence',
    context: 'Context',
  },
  notYet: 'nothing yet',
  kept: '{size} so far',
  about: 'about {size}',
  contextOption: '{tokens, plural, one{# token} other{# tokens}}',
  contextFor: 'Context of {model}',
  givenFiles: 'files of yours',
  unknownModel: 'From {place}',

  fits: {
    processor: 'Fits. Without a graphics processor it runs on the main one, slowly.',
    belowLimit: 'Fits this graphics adapter.',
    tight:
      'Tight. It takes more than the {limit} that this adapter gives in one piece, and browsers do not tell how much there is in all. Close other tabs first, or choose a shorter context.',
    needsAdapter: 'Does not fit. It is too large to run without a graphics processor.',
    pieceTooLarge:
      'Does not fit. This context needs more in one piece than the {limit} this adapter gives. Choose a shorter one.',
  },
  leaving: 'Loading it unloads {models}: together they may not fit.',
  staying: '{models} stays loaded beside it.',
  contextChanged: 'It is loaded with {tokens, number} tokens. Load it again for the new context.',
  draft: 'Write with the draft model {draft}',
  draftHelp:
    '{draft} is smaller and guesses the next words; {model} checks them and keeps those it would have written itself, so the answer comes sooner. {size} to download.',
  draftHere:
    '{draft} is smaller and guesses the next words; {model} checks them and keeps those it would have written itself, so the answer comes sooner.',
  draftToGet:
    'With {draft} on this machine too, {model} could write faster: the smaller one guesses, the larger one checks.',
  draftOn: 'It is loaded without a draft model. Load it again to write with {draft}.',
  draftOff: 'It is loaded with a draft model. Load it again to write without one.',

  // What can be done
  get: 'Get',
  getModel: 'Get {model}',
  pause: 'Pause',
  pauseModel: 'Pause {model}',
  resume: 'Resume',
  resumeModel: 'Resume {model}',
  discard: 'Discard',
  discardModel: 'Discard what is here of {model}',
  load: 'Load',
  loadModel: 'Load {model}',
  loadAgain: 'Load again',
  loadAgainModel: 'Load again: {model}',
  cancel: 'Cancel',
  cancelModel: 'Cancel {model}',
  unload: 'Unload',
  unloadModel: 'Unload {model}',
  use: 'Use in chats',
  useModel: 'Use in chats: {model}',
  moreFor: 'More for {model}',
  verify: 'Check every byte',
  delete: 'Delete…',
  details: 'Details',

  // How far it is
  progressOf: '{model}: {phase}',
  phase: {
    wait: 'waiting, it is being downloaded already',
    check: 'looking what is already here',
    download: 'downloading and packing',
    store: 'storing',
    upload: 'moving into graphics memory',
    compile: 'getting ready',
    verify: 'checking every byte',
    export: 'writing the file',
  },
  speed: '{size} a second',
  secondsLeft: '{seconds, plural, one{# second left} other{# seconds left}}',
  minutesLeft: '{minutes, plural, one{# minute left} other{# minutes left}}',
  hoursLeft: '{hours, plural, one{# hour left} other{# hours left}}',
  pausedAt: '{size} of {total} are kept; it goes on from there.',
  pausedAtNothing: 'It begins at the start: a piece is kept when it is complete.',

  // What came of it
  news: {
    here: '{model} is on this machine.',
    paused: '{model}: stopped.',
    discarded: '{model}: nothing of the download is kept.',
    loaded: '{model} is loaded.',
    unloaded: '{model} is unloaded.',
    renamed: 'Now it is called {model}.',
    deleted: '{model} is deleted.',
    sound: '{model} is sound.',
    mended: '{model} is mended.',
    exported: '{model} is exported.',
    damaged: '{model} is damaged.',
    failed: '{model}: that did not work.',
  },
  sound: 'Every byte is as it was stored: {size} checked.',
  damaged:
    'Damaged: {damaged, plural, one{# piece} other{# pieces}} of {shards, number} no longer match their checksums. They can be made anew from where the model came from.',
  getAgain: 'Get again',
  repair: 'Mend it',

  // Dialogs
  deleteTitle: 'Delete {model}?',
  deleteStored: 'Its {size} on this machine are deleted. You can get it again at any time: {download} to download.',
  deleteUnknown: 'Its {size} on this machine are deleted.',
  deleteLoaded: 'It is unloaded as well, and an answer that is being written ends here. Your chats stay.',
  deleteNow: 'Delete',
  keepIt: 'Keep it',
  detailsTitle: '{model}: details',
  close: 'Close',
  detail: {
    parameters: 'Parameters',
    goodFor: 'Good for',
    weights: 'Weights in memory',
    room: 'Keys, values and work space',
    longest: 'Longest context',
    runsOn: 'Runs on',
    from: 'From',
    since: 'Here since',
    files: 'Files',
    checksum: 'SHA-256',
  },
  tokens: '{tokens, plural, one{# token} other{# tokens}}',
  million: '{count} million',

  // What the machine holds
  storage: 'Stored on this machine',
  storageLead: 'Everything lies in this browser’s own storage and is sent nowhere.',
  storageModels: 'Models',
  storageChats: 'Chats and bookkeeping',
  storageShell: 'Hearth itself, for visits without a network',
  storageRest: 'Chats and Hearth itself',
  storageTotal: 'In all',
  storageUnknown: 'This browser does not say how much is stored.',
  keeping: {
    kept: 'The browser has promised to keep it: it clears nothing of this by itself. Only you do.',
    bestEffort:
      'The browser may clear all of it, chats included, when the disk runs full or the page is not used for long. You can ask it to keep your data.',
    refused:
      'The browser did not agree for now. Most agree for pages that are installed, bookmarked or used often: ask again later, and save a copy of the chats that matter.',
    unknown:
      'This browser, or a page over plain http, cannot promise to keep anything. Save a copy of the chats that matter.',
  },
  keepData: 'Keep my data',

  // In the chat
  lineAbsent: '{model} is not on this machine yet.',
  lineNeedsNetwork: '{model} is not on this machine yet, and getting it needs the network.',
  lineForeign:
    '{model} is not on this machine yet. It would come from {host}, and this page asks there only if you say so.',
  lineDownload: 'Download {size}',
  lineDownloadFrom: 'Download from {host}',
  lineGetFrom: 'Download {size} from {host}',
  lineLicence: 'Licence: {licence}.',
  lineName: '{model} is arriving',
  lineArriving: '{model} is arriving.',
  lineArrivingAt: '{model} is arriving: {progress}.',
  lineWaiting: 'Your message waits for it.',
  lineProcessor:
    '{model} runs on the processor. This browser offers no graphics processor, so answers come slowly and large models do not run.',
  lineInsecure:
    'This page came over plain http from another machine, so the browser withholds the graphics processor and offline use. The model runs on the processor.',
  whatToDo: 'What can be done',
  lineNotStored:
    'This browser did not let {model} be stored: it lasts until this tab is closed, and is fetched again next time.',
  storeIt: 'Store {model}',
} as const;

/** Models before they are here: adding one, what it would take, how fast it would be. */
export const offers = {
  // Adding one
  add: 'Add a model',
  address: 'A Hugging Face name, or an address',
  addressHelp:
    'For example Qwen/Qwen3-0.6B, or the address of a folder with the model’s files. Looking fetches a few kilobytes; nothing is downloaded before you say so.',
  look: 'Look at it',
  lookWrong: 'That is no such name and no address. A name reads owner/name, an address begins with https://.',
  pickFiles: 'Choose files…',
  pickFolder: 'Choose a folder…',
  dropHelp:
    'Or drop a .gguf file, one that Hearth has exported, or a folder with config.json, tokenizer.json and safetensors, anywhere on this page.',
  noModelFiles:
    'There is no model among these files: it would be a .gguf file, one that Hearth has exported, or config.json, tokenizer.json and safetensors.',

  // How fast
  speedUnknown: 'How fast would they write here? Measuring takes a few seconds.',
  measure: 'Measure this device',
  measuring: 'Measuring…',
  speedKnown: 'This device reads {size} of weights a second, as measured. Speeds below follow from it.',
  measureAgain: 'Measure again',
  tokensASecond: 'about {rate} tok/s',

  // What the catalogue knows
  parameters: '{count} parameters',
  millions: '{count} million',
  billions: '{count} billion',
  download: '{size} to download',
  getDots: 'Get…',
  getDotsModel: 'Get {model}…',
  hide: 'Not now',
  hideModel: 'Not now: {model}',

  // What was found
  offer: 'What {model} would take',
  looking: 'Looking at {model}: its description and the heads of its files…',
  cannotLook: '{model} cannot be had like this.',
  tryAgain: 'Try again',
  offline: 'There is no network just now.',
  fact: {
    parameters: 'Parameters',
    download: 'Download',
    longest: 'Longest context',
    memory: 'Memory at this context',
    context: 'Context',
    speed: 'Speed here',
    licence: 'Licence',
  },
  file: 'File',
  fileOption: '{file}, {size}',
  stored: 'How it is stored',
  precision: {
    asItIs: 'As it is',
    int4: '4 bits',
    int8: '8 bits',
    half: '16 bits',
  },
  loss: {
    asItIs: 'Just what the file holds.',
    int4: 'The usual choice. It writes a little less surely than the original.',
    int8: 'No difference that could be measured.',
    half: 'As it was published.',
  },
  onDisk: '{size} on disk',
  licenceUnknown: 'Its licence is told at {host}: read it before you use the model.',
  licenceIs: 'Licence: {licence}.',
  gated:
    'Its publisher gives it only to those who have accepted the licence at {host}. Accept it there, and give your access token in the settings.',
  getFrom: 'Get {size} from {host}',
  getHere: 'Get {size}',

  // As one file
  export: 'Export, {size}…',

  // Another name
  rename: 'Rename…',
  renameTitle: 'Another name for {model}',
  name: 'Name',
  renameHelp: 'Empty gives it its own name back: {model}.',
  renameNow: 'Rename',
  keepName: 'Keep the name',
} as const;

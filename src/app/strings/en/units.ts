/** Figures as a person reads them. */
export const units = {
  bytesOf: '{loaded} of {total} {unit}',
  bytes: '{size} {unit}',
  rate: '{rate} tok/s',
  firstToken: '{seconds} s to first token',
  tokens: '{tokens, plural, one{# token} other{# tokens}}',
  cached: '{tokens, number} of the prompt cached',
  drafted: '{share} drafted',
  phases: {
    wait: 'waiting for another tab that is fetching it',
    check: 'looking what is already here',
    download: 'downloading',
    store: 'storing',
    upload: 'moving into memory',
    compile: 'getting ready',
    verify: 'checking',
    export: 'exporting',
  },
} as const;

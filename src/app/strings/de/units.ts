import type { units as english } from '../en/units';
import type { Translation } from '../words';

export const units: Translation<typeof english> = {
  bytesOf: '{loaded} von {total} {unit}',
  bytes: '{size} {unit}',
  rate: '{rate} Tok/s',
  firstToken: '{seconds} s bis zum ersten Token',
  tokens: '{tokens, plural, one{# Token} other{# Token}}',
  cached: '{tokens, number} der Anfrage schon gelesen',
  drafted: '{share} vorausgeraten',
  phases: {
    wait: 'wartet auf einen anderen Tab, der es holt',
    check: 'schaut nach, was schon da ist',
    download: 'wird heruntergeladen',
    store: 'wird gespeichert',
    upload: 'kommt in den Arbeitsspeicher',
    compile: 'macht sich bereit',
    verify: 'wird geprüft',
    export: 'wird exportiert',
  },
};

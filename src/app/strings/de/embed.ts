import type { embed as english } from '../en/embed';
import type { Translation } from '../words';

export const embed: Translation<typeof english> = {
  asks: {
    ask: '{host} möchte {model} auf diesem Gerät etwas fragen',
    chat: '{host} bietet ein Gespräch mit {model} auf diesem Gerät an',
  },
  explains: {
    ask: 'Das Modell liefe hier, in Ihrem Browser. {host} schickt ihm Texte und liest seine Antworten; sonst niemand.',
    chat: 'Das Modell liefe hier, in Ihrem Browser. Was Sie schreiben und was es antwortet, bleibt hier: {host} sieht nichts davon.',
  },
  model: 'Modell',
  download: 'Download',
  sizeFrom: '{size} von {place}',
  isHere: 'Keiner: Es ist schon hier',
  kept: 'Liegt',
  keptFor: 'Bei {host}, nur für diese Website. Eine andere, oder Hearth im eigenen Tab, holt es noch einmal.',
  keptNowhere:
    'Nirgends: Dieser Browser gibt Rahmen anderer Websites keinen Speicher. Es wird bei jedem Besuch neu geholt.',
  uses: 'Braucht',
  limits:
    'Ihren Grafikprozessor und Speicher: höchstens {answers, number} Antworten zugleich, {tokens, number} Tokens in der Minute',
  processor: 'Ihren Grafikprozessor und Speicher',
  allow: 'Erlauben',
  refuse: 'Jetzt nicht',
  remembered:
    'Ein Ja gilt, bis Sie es in diesem Rahmen zurücknehmen oder die Daten von {host} in Ihrem Browser löschen.',
  forgotten: 'Ein Ja gilt, bis Sie die Seite verlassen.',
  openHearth: 'Hearth lieber im eigenen Tab öffnen',
  inUse: '{host} darf {model} in diesem Browser fragen.',
  revoke: 'Nicht mehr erlauben',

  conversation: 'Gespräch',
  you: 'Sie',
  message: 'Nachricht',
  writeTo: 'An {model} schreiben…',
  send: 'Senden',
  stop: 'Anhalten',
  clear: 'Leeren',
  about: 'Mehr',
  chatStays:
    'Das Modell läuft in diesem Browser. {host} sieht nichts von diesem Gespräch, und es ist fort, wenn Sie die Seite verlassen.',
  arriving: '{model} kommt: {progress}.',
  arrival: '{model} kommt',
  waiting: '{model} liest…',
  tryAgain: 'Noch einmal versuchen',
  bringHere: 'Hierher holen',

  trouble: {
    alone: {
      what: 'Diese Seite gehört in eine andere.',
      next: 'Mit ihr bieten andere Websites ein Modell an, das in Ihrem Browser läuft. Allein hat sie nichts zu tun.',
    },
    sandboxed: {
      what: 'Hearth kann in diesem Rahmen nicht laufen.',
      next: 'Die Seite hält es in einer Sandbox ohne Herkunft, in der Browser Speicher und Grafikprozessor verweigern. Wer die Seite gemacht hat, muss „allow-same-origin“ ergänzen.',
    },
    refused: {
      what: 'Hier läuft nichts.',
      next: '{host} darf in diesem Rahmen kein Modell benutzen.',
    },
    closed: {
      what: 'Die Verbindung ist zu Ende.',
      next: '{host} kann hier kein Modell mehr fragen. Laden Sie die Seite neu, um wieder zu beginnen.',
    },
  },
};

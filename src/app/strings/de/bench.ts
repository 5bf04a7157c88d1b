import type { bench as english } from '../en/bench';
import type { Translation } from '../words';

export const bench: Translation<typeof english> = {
  title: 'Leistungstest',
  lead: 'Wie schnell dieses Gerät Sprachmodelle ausführt und wie nah das an das kommt, was es bestenfalls kann. Die Modelle sind mit Zufallszahlen gefüllte Formen: Nichts wird geladen, und nichts verlässt dieses Gerät.',

  choose: 'Was gemessen wird',
  looking: 'Das Gerät wird angesehen…',
  device: 'Auf {adapter}.',
  softwareDevice:
    'Auf {adapter}, einem in Software nachgebildeten Grafikprozessor: Kleine Formen brauchen Minuten, große sehr lange.',
  noDevice: 'Für die Modelle gibt es hier keinen Grafikprozessor, also nichts zu messen.',
  shapes: 'Formen',
  shapesHelp: 'Jede hat Größe und Aufbau des veröffentlichten Modells dieses Namens, mit Gewichten in 4 Bit.',
  shape: '{name}: {size}',
  depth: 'Wie gründlich',
  depths: { short: 'Kurz', full: 'Vollständig' },
  depthHelp: {
    short: 'Ein Prompt von 128 Token und Token hinter einem kurzen Kontext, je dreimal.',
    full: 'Prompts von 16 bis 2.048 Token und Kontexte bis 8.192, je siebenmal.',
  },
  tune: 'Die Kernel vorher abstimmen',
  tuneHelp:
    'So wie Hearth es tut, wenn niemand fragt. Das dauert Minuten; Prompts und Token werden dann abwechselnd mit beiden gemessen.',
  modelsLeave:
    'Modelle im Speicher verlassen ihn vorher, weil beide denselben Platz bräuchten; eine laufende Antwort endet.',
  run: 'Leistungstest starten',
  stop: 'Anhalten',
  progress: 'Wie weit der Leistungstest ist',
  ceilingsNow: 'Es wird gemessen, was dieses Gerät bestenfalls kann…',
  shapeNow: '{shape} wird gemessen…',
  stayHere: 'Andere Arbeit auf diesem Gerät verschlechtert die Zahlen.',

  result: 'Ergebnis',
  resultOf: 'Gemessen am {when}, auf {adapter}.',
  copy: 'Als JSON kopieren',
  copied: 'Kopiert',
  copyFailed: 'Der Browser hat das Kopieren nicht erlaubt.',
  noisy: 'Das Gerät war mit anderem beschäftigt, daher sind diese Zahlen unsicherer, als sie aussehen: {parts}.',
  ceilings: 'die Grenzen des Geräts selbst',
  skipped: '{shape} wurde ausgelassen:',
  oneLayer:
    'Das Ganze hätte zu lange gedauert: Eine von {layers, number} Schichten und der Kopf wurden gemessen, der Rest ist daraus gerechnet.',

  kernels: {
    defaults: 'Mit den vorgegebenen Kerneln.',
    alike: 'Mit den vorgegebenen Kerneln; schnellere hat das Abstimmen hier nicht gefunden.',
    tuned:
      'Mit den vorgegebenen Kerneln, und daneben mit {count, plural, one{dem schnelleren, den} other{den # schnelleren, die}} das Abstimmen gefunden hat.',
  },

  big: '{rate} Token/s',
  bigOf: '{share} dessen, was der Speicher erlaubt, hinter {tokens, plural, one{# Token} other{# Token}}',
  limits: 'Dieses Gerät bestenfalls',
  limitsHelp: 'Im selben Lauf gemessen. Daran wird gehalten, was die Modelle erreichen.',
  limit: {
    read: 'Speicher lesen',
    copy: 'Speicher kopieren, beide Wege gezählt',
    compute: 'Rechnen in 32 Bit',
    unpack: 'Gewichte von 4 Bit auspacken',
  },
  perSecond: '{amount} GB je Sekunde',
  operations: '{amount} Milliarden Rechenschritte je Sekunde',
  unpacked: '{amount} Milliarden je Sekunde',

  writing: 'Schreiben',
  writingHelp:
    'Token je Sekunde in einer Unterhaltung, hinter einem Kontext dieser Länge. Begrenzt davon, wie schnell Speicher gelesen wird.',
  reading: 'Einen Prompt lesen',
  readingHelp: 'Token eines Prompts je Sekunde. Begrenzt vom Rechnen.',
  column: {
    context: 'Kontext',
    prompt: 'Länge',
    speed: 'Token/s',
    between: 'Wohl zwischen',
    ofMemory: 'Von der Grenze des Speichers',
    ofArithmetic: 'Von der Grenze des Rechnens',
    ofUnpacking: 'Von der Grenze des Auspackens',
  },
  tunedRow: '{tokens}, abgestimmt',
  details: 'Einzelheiten',
  detailOf: 'Einzelheiten zu {shape}',
  range: '{low} bis {high}',
  fact: {
    firstToken: 'Erstes Token nach einem Prompt von 128',
    dispatches: 'Aufrufe, in einer Schicht und in einem Token',
    dispatchesNow: '{layer, number} und {token, number}',
    encode: 'Zeit des Prozessors, um ein Token abzuschicken',
    gap: 'Mehr, wenn auf jedes Token gewartet wird',
    weights: 'Gewichte',
    memory: 'Speicher auf dem Gerät, für das Gemessene',
    peak: 'Speicher auf dem Gerät, höchstens',
    loading: 'Gewichte vom Speicher zum Gerät',
    cachedLoading: 'Gewichte von der Ablage dieses Browsers zum Gerät',
    guessing: '{drafts, number} Token vorausgeraten',
    guessingNow:
      '{gain}-fach so schnell, vorhergesagt {foretold}-fach: ein Schritt des Entwurfs kostet {draft}, das Prüfen {verify} einfache Schritte; {right} richtig',
    firstUse: 'Übersetzen beim ersten Gebrauch',
    verify: 'Kosten, 1, 2, … Token zugleich zu prüfen, in einfachen Schritten',
    milliseconds: '{ms} Millisekunden',
  },
  guessing: 'Vorausraten',
  guessingHelp:
    'Wie viel schneller ein kleineres Modell ein größeres machte, wenn es Token errät, vorhergesagt aus ihren gemessenen Kosten, je nachdem, wie viel es richtig errät.',
  pair: '{draft} für {target}',
  right: '{share} richtig',
  gain: '{gain}-fach (je {drafts, number})',
};

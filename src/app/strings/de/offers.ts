import type { offers as english } from '../en/offers';
import type { Translation } from '../words';

export const offers: Translation<typeof english> = {
  add: 'Ein Modell hinzufügen',
  address: 'Ein Name von Hugging Face oder eine Adresse',
  addressHelp:
    'Zum Beispiel Qwen/Qwen3-0.6B, oder die Adresse eines Ordners mit den Dateien des Modells. Das Ansehen holt ein paar Kilobyte; heruntergeladen wird nichts, bevor Sie es sagen.',
  look: 'Ansehen',
  lookWrong:
    'Das ist weder ein solcher Name noch eine Adresse. Ein Name lautet Besitzer/Name, eine Adresse beginnt mit https://.',
  pickFiles: 'Dateien wählen…',
  pickFolder: 'Einen Ordner wählen…',
  dropHelp:
    'Oder legen Sie eine .gguf-Datei, eine von Hearth exportierte oder einen Ordner mit config.json, tokenizer.json und safetensors irgendwo auf dieser Seite ab.',
  noModelFiles:
    'Unter diesen Dateien ist kein Modell: Das wäre eine .gguf-Datei, eine von Hearth exportierte, oder config.json, tokenizer.json und safetensors.',

  speedUnknown: 'Wie schnell würden sie hier schreiben? Das Messen dauert ein paar Sekunden.',
  measure: 'Dieses Gerät messen',
  measuring: 'Misst…',
  speedKnown: 'Dieses Gerät liest gemessene {size} Gewichte in der Sekunde. Die Geschwindigkeiten unten folgen daraus.',
  measureAgain: 'Noch einmal messen',
  tokensASecond: 'etwa {rate} Token/s',

  parameters: '{count} Parameter',
  millions: '{count} Millionen',
  billions: '{count} Milliarden',
  download: '{size} herunterzuladen',
  getDots: 'Holen…',
  getDotsModel: 'Holen: {model}…',
  hide: 'Jetzt nicht',
  hideModel: 'Jetzt nicht: {model}',

  offer: 'Was {model} brauchen würde',
  looking: 'Sieht sich {model} an: die Beschreibung und die Anfänge der Dateien…',
  cannotLook: '{model} ist so nicht zu haben.',
  tryAgain: 'Noch einmal versuchen',
  offline: 'Gerade ist kein Netz da.',
  fact: {
    parameters: 'Parameter',
    download: 'Download',
    longest: 'Längster Kontext',
    memory: 'Speicher bei diesem Kontext',
    context: 'Kontext',
    speed: 'Geschwindigkeit hier',
    licence: 'Lizenz',
  },
  file: 'Datei',
  fileOption: '{file}, {size}',
  stored: 'Wie es gespeichert wird',
  precision: {
    asItIs: 'Wie es ist',
    int4: '4 Bit',
    int8: '8 Bit',
    half: '16 Bit',
  },
  loss: {
    asItIs: 'Genau das, was die Datei enthält.',
    int4: 'Die übliche Wahl. Es schreibt ein wenig unsicherer als das Original.',
    int8: 'Kein Unterschied, der sich messen ließe.',
    half: 'Wie veröffentlicht.',
  },
  onDisk: '{size} auf der Platte',
  licenceUnknown: 'Seine Lizenz steht bei {host}: Lesen Sie sie, bevor Sie das Modell benutzen.',
  licenceIs: 'Lizenz: {licence}.',
  gated:
    'Der Herausgeber gibt es nur denen, die bei {host} die Lizenz angenommen haben. Nehmen Sie sie dort an und hinterlegen Sie Ihr Zugangstoken in den Einstellungen.',
  getFrom: '{size} von {host} holen',
  getHere: '{size} holen',

  export: 'Exportieren, {size}…',

  rename: 'Umbenennen…',
  renameTitle: 'Ein anderer Name für {model}',
  name: 'Name',
  renameHelp: 'Leer bekommt es seinen eigenen Namen zurück: {model}.',
  renameNow: 'Umbenennen',
  keepName: 'Namen behalten',
};

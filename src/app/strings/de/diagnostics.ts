import type { diagnostics as english } from '../en/diagnostics';
import type { Translation } from '../words';

export const diagnostics: Translation<typeof english> = {
  title: 'Diagnose',
  lead: 'Was dieses Gerät bietet und was zuletzt geschehen ist, falls etwas nicht stimmt. Es bleibt in diesem Tab und wird nirgendwohin gesendet.',
  copy: 'Alles kopieren',
  copied: 'Kopiert',
  copyFailed: 'Der Browser hat das Kopieren nicht erlaubt. Markieren Sie den Text unten und kopieren Sie ihn von Hand.',
  copyNote: 'Was Sie und das Modell geschrieben haben, ist nicht dabei. Namen von Dateien und Modellen können es sein.',

  capabilities: 'Was dieser Browser kann',
  looking: 'Wird nachgesehen…',
  good: 'Gut',
  warning: 'Nicht ideal',
  finding: {
    gpu: 'Ein Grafikprozessor rechnet für die Modelle: {adapter}.',
    softwareGpu:
      'Die Modelle laufen auf {adapter}, einem in Software nachgebildeten Grafikprozessor. Das geht, aber langsam.',
    softwareGpuMove:
      'Schalten Sie in den Einstellungen des Browsers die Hardwarebeschleunigung ein und starten Sie ihn dann neu.',
    noGpu:
      'Für die Modelle gibt es keinen Grafikprozessor: Kleine laufen langsam auf dem Hauptprozessor, große gar nicht.',
    noGpuMove:
      'Nehmen Sie ein aktuelles Chrome, Edge, Safari oder Firefox und schalten Sie in dessen Einstellungen die Hardwarebeschleunigung ein. Starten Sie den Browser dann neu.',
    insecure:
      'Diese Seite kam über einfaches http von einem anderen Gerät. Browser geben ihr dann weder den Grafikprozessor noch Offline-Betrieb.',
    insecureMove: 'Öffnen Sie die Seite über https, oder auf dem Gerät, das sie anbietet, als http://localhost.',
    openSecurely: 'Über https öffnen',
    stored: 'Chats und Modelle können auf diesem Gerät aufbewahrt werden.',
    notStored: 'Auf diesem Gerät kann nichts aufbewahrt werden: Chats enden mit dem Tab.',
    notStoredMove:
      'Verlassen Sie den privaten Modus, oder erlauben Sie dieser Seite in den Einstellungen des Browsers, Daten zu speichern.',
    kept: 'Der Browser hat zugesagt, sie zu behalten.',
    mayBeCleared: 'Wird der Speicher knapp, darf der Browser sie löschen.',
    keepData: 'Meine Daten behalten',
    offlineReady: 'Die Seite öffnet sich auch ohne Netz.',
    offlineNotReady: 'Die Seite braucht zum Öffnen das Netz; meist endet das mit dem zweiten Besuch.',
    engineFailed: 'Der Teil, der Modelle ausführt, ist nicht gestartet: {message}',
    engineFailedMove: 'Laden Sie die Seite neu. Geschieht es wieder, kopieren Sie diese Seite in einen Bericht.',
    reload: 'Seite neu laden',
  },

  facts: 'In Zahlen',
  fact: {
    version: 'Hearth',
    browser: 'Browser',
    language: 'Sprache',
    adapter: 'Adapter',
    noAdapterReason: 'Kein Adapter, weil',
    features: 'Fähigkeiten',
    limits: 'Grenzen',
    processors: 'Prozessorkerne',
    memory: 'Arbeitsspeicher, wie der Browser ihn rundet',
    gigabytes: '{gigabytes, number} GB',
    screen: 'Fenster',
    isolated: 'Von anderen Seiten isoliert',
    secure: 'Sichere Adresse',
    serviceWorker: 'Offline-Hülle',
    model: 'Modell',
    storage: 'Belegter Speicher',
    storageDetails: 'davon {place}',
    yes: 'ja',
    no: 'nein',
    none: 'keine',
    unknown: 'sagt dieser Browser nicht',
  },

  engineNow: 'Was die Engine gerade tut',
  engineIdle: 'Es ist kein Modell geladen.',
  engine: {
    model: 'Modell',
    answers: 'Antworten',
    answersNow: '{running, number} in Arbeit, {waiting, number} warten',
    blocks: 'Blöcke für Schlüssel und Werte',
    blocksNow: '{used, number} in Gebrauch, {cached, number} für später aufgehoben, von {total, number}',
    hits: 'Token der Anfragen, die noch da waren',
    rows: 'Zeilen je Schritt',
    rowsNow: '{rows}, {steps, plural, one{nach # Schritt} other{nach # Schritten}}',
    weights: 'Speicher für Gewichte',
    kv: 'Speicher für Schlüssel und Werte',
    activations: 'Speicher für Aktivierungen',
    state: 'Speicher für den Zustand der Sequenzen',
  },

  tuning: 'Kernel für dieses Gerät',
  tuned: {
    isOn: 'Kernel messen, solange nichts gefragt wird, und die schnellsten nehmen',
    isOnHelp:
      'Mehrere Kernel rechnen dasselbe, Bit für Bit, und welcher am schnellsten ist, ist von Gerät zu Gerät verschieden. Es verzögert keine Antwort und ändert kein Wort daran.',
    none: 'Noch ist nichts gemessen. Das beginnt, wenn ein Modell geantwortet hat und nichts weiter gefragt wird.',
    count:
      '{count, plural, one{# Kernel} other{# Kernel}} gemessen, {faster, plural, =0{die üblichen sind hier die besten} one{für # ist hier ein anderer schneller} other{für # ist hier ein anderer schneller}}',
    refused:
      'Für {count, plural, one{# davon} other{# davon}} hat ein Kernel etwas anderes gerechnet als der übliche. Er wird hier nicht benutzt; bitte melden.',
    again: 'Noch einmal messen',
  },

  log: 'Was geschehen ist',
  logEmpty: 'Noch nichts.',
  logCount: '{count, plural, one{Der letzte Eintrag} other{Die letzten # Einträge}}, der neueste unten.',
};

import type { problems as english } from '../en/problems';
import type { Translation } from '../words';

export const problems: Translation<typeof english> = {
  'webgpu-unavailable': {
    what: 'Für dieses Modell fehlt ein Grafikprozessor.',
    next: 'Nehmen Sie einen aktuellen Chrome, Edge, Safari oder Firefox mit eingeschalteter Hardwarebeschleunigung oder ein kleineres Modell.',
  },
  'insecure-context': {
    what: 'Die Seite kam nicht über eine sichere Adresse.',
    next: 'Öffnen Sie sie über https oder auf dem Gerät, das sie ausliefert, als http://localhost.',
  },
  'adapter-too-small': {
    what: 'Der Grafikprozessor ist dafür zu klein.',
    next: 'Wählen Sie ein kleineres Modell oder einen kürzeren Kontext.',
  },
  'device-lost': {
    what: 'Der Grafikprozessor ging verloren und mit ihm das Modell.',
    next: 'Laden Sie das Modell noch einmal; das Gespräch bleibt erhalten.',
  },
  'out-of-memory': {
    what: 'Der Speicher reicht nicht.',
    next: 'Schließen Sie andere Tabs oder wählen Sie ein kleineres Modell oder einen kürzeren Kontext.',
  },
  network: {
    what: 'Die Verbindung ist gescheitert.',
    next: 'Prüfen Sie sie und versuchen Sie es noch einmal; was heruntergeladen ist, bleibt erhalten.',
  },
  'not-found': {
    what: 'Der Server hat eine Datei nicht.',
    next: 'Prüfen Sie die Adresse des Modells.',
  },
  'bad-file': {
    what: 'Eine Datei ist nicht, was sie sein sollte.',
    next: 'Prüfen Sie, ob die Adresse zu einem Modell führt und nicht zu einer Webseite, und versuchen Sie es noch einmal.',
  },
  'unsupported-model': {
    what: 'Hearth kennt diese Art von Modell nicht.',
    next: 'Wählen Sie ein anderes Modell.',
  },
  'weights-corrupt': {
    what: 'Was von dem Modell gespeichert ist, ist beschädigt.',
    next: 'Laden Sie es noch einmal herunter.',
  },
  'storage-full': {
    what: 'Der Browser wollte nicht mehr speichern.',
    next: 'Schaffen Sie Platz auf der Festplatte oder löschen Sie ein gespeichertes Modell.',
  },
  'context-overflow': {
    what: 'Das Gespräch ist länger, als das Modell lesen kann.',
    next: 'Kürzen Sie die Nachricht oder beginnen Sie einen neuen Chat.',
  },
  'bad-grammar': {
    what: 'Die Antwort kann nicht in der verlangten Form gegeben werden.',
    next: 'Verlangen Sie eine andere Form oder keine.',
  },
  'engine-elsewhere': {
    what: 'Hearth läuft in einem anderen Tab.',
    next: 'Verwenden Sie es dort, schließen Sie jenen Tab oder holen Sie es hierher.',
  },
  'engine-taken': {
    what: 'Ein anderer Tab hat Hearth übernommen; darum brach es hier ab.',
    next: 'Machen Sie dort weiter oder holen Sie Hearth zurück; was gesagt ist, bleibt erhalten.',
  },
  'bad-request': {
    what: 'Das Verlangte ist nicht möglich.',
    next: 'Wählen Sie ein anderes Modell oder versuchen Sie es noch einmal.',
  },
  refused: {
    what: 'Das wurde nicht erlaubt.',
    next: 'Erlauben Sie es und versuchen Sie es noch einmal.',
  },
  'rate-limited': {
    what: 'Es wurde mehr verlangt, als auf einmal erlaubt ist.',
    next: 'Versuchen Sie es in einer Minute noch einmal.',
  },
  aborted: {
    what: 'Es wurde angehalten.',
    next: 'Beginnen Sie von neuem, wenn Sie so weit sind.',
  },
  servers: {
    network: {
      what: 'Der Server ist nicht zu erreichen oder hat abgebrochen.',
      next: 'Prüfen Sie, ob er läuft und diese Seite einlässt (unter Modelle, Server), und versuchen Sie es noch einmal.',
    },
    'not-found': {
      what: 'Der Server hat das nicht.',
      next: 'Prüfen Sie die Adresse und ob der Server dieses Modell noch hat.',
    },
    'bad-file': {
      what: 'Der Server hat etwas anderes geantwortet als erwartet.',
      next: 'Prüfen Sie, ob die Adresse zu einer Schnittstelle wie der von OpenAI gehört.',
    },
    refused: {
      what: 'Der Server hat abgelehnt.',
      next: 'Prüfen Sie den Schlüssel. Unter Modelle bekommt ein Server, der noch einmal hinzugefügt wird, einen anderen.',
    },
    'rate-limited': {
      what: 'Der Server hat zu viel zu tun oder erlaubt gerade nicht mehr.',
      next: 'Warten Sie ein wenig und versuchen Sie es noch einmal.',
    },
    'bad-request': {
      what: 'Der Server kann das nicht beantworten.',
      next: 'Prüfen Sie die Einstellungen dieses Chats: Nicht jeder Server kennt jede Option.',
    },
    'context-overflow': {
      what: 'Die Unterhaltung ist länger, als das Modell des Servers lesen kann.',
      next: 'Kürzen Sie die Nachricht oder beginnen Sie einen neuen Chat.',
    },
  },
  internal: {
    what: 'In Hearth ist etwas zerbrochen.',
    next: 'Versuchen Sie es noch einmal; geschieht es wieder, laden Sie die Seite neu und sehen Sie in die Diagnose.',
  },
};

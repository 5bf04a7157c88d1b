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
  aborted: {
    what: 'Es wurde angehalten.',
    next: 'Beginnen Sie von neuem, wenn Sie so weit sind.',
  },
  internal: {
    what: 'In Hearth ist etwas zerbrochen.',
    next: 'Versuchen Sie es noch einmal; geschieht es wieder, laden Sie die Seite neu und sehen Sie in die Diagnose.',
  },
};

import type { frame as english } from '../en/frame';
import type { Translation } from '../words';

export const frame: Translation<typeof english> = {
  name: 'Hearth',
  screens: 'Ansichten',
  screen: {
    chat: 'Chat',
    models: 'Modelle',
    batch: 'Stapel',
    benchmark: 'Leistungstest',
    settings: 'Einstellungen',
    diagnostics: 'Diagnose',
  },
  title: '{screen} – Hearth',
  commands: 'Befehle',
  loading: 'Einen Moment…',
  partMissing: 'Dieser Teil von Hearth konnte nicht geholt werden.',
  partMissingHint: 'Er wird einmal geholt und dann behalten. Prüfen Sie die Verbindung und laden Sie die Seite neu.',
  reload: 'Seite neu laden',

  updateReady: 'Eine neue Version von Hearth ist bereit.',
  updateLater: 'Eine neue Version von Hearth ist bereit. Sie kann starten, wenn die Antwort fertig ist.',
  restart: 'Hearth neu starten',
  elsewhere: {
    models: 'Hearth läuft in einem anderen Tab. Holen Sie es her, bricht eine Antwort ab, die dort entsteht.',
    batch:
      'Hearth beantwortet in einem anderen Tab einen Stapel. Holen Sie es her, wird der Stapel angehalten; er kann später weitergehen.',
    benchmark: 'Hearth misst in einem anderen Tab. Holen Sie es her, endet der Leistungstest.',
  },
  bringHere: 'Hier verwenden',
  offline:
    'Sie sind offline. Modelle und Chats auf diesem Gerät funktionieren weiter; was nicht hier ist, kann jetzt nicht geholt werden.',
  pageBroke: 'Diese Ansicht ist abgestürzt.',
  pageBrokeHint:
    'Ihre Chats sind gespeichert. Zeigen Sie die Ansicht noch einmal; stürzt sie wieder ab, laden Sie die Seite neu. Mehr steht in der Diagnose.',
  showAgain: 'Noch einmal zeigen',
};

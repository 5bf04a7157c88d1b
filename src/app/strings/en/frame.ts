/** The frame around every screen: the head, the ways between screens, what is told across all of them. */
export const frame = {
  name: 'Hearth',
  screens: 'Screens',
  screen: {
    chat: 'Chat',
    models: 'Models',
    batch: 'Batch',
    benchmark: 'Benchmark',
    settings: 'Settings',
    diagnostics: 'Diagnostics',
  },
  /** The page's title on a screen. */
  title: '{screen} – Hearth',
  commands: 'Commands',
  loading: 'One moment…',
  partMissing: 'This part of Hearth could not be fetched.',
  partMissingHint: 'It is fetched once and kept from then on. Check the connection, then reload the page.',
  reload: 'Reload the page',

  updateReady: 'A new version of Hearth is ready.',
  updateLater: 'A new version of Hearth is ready. It can start when the answer is finished.',
  restart: 'Restart Hearth',
  elsewhere: {
    models: 'Hearth is running in another tab. It can be brought here; an answer under way there then stops.',
    batch: 'Hearth is answering a batch in another tab. Brought here, it pauses the batch, which can go on later.',
    benchmark: 'Hearth is measuring in another tab. Brought here, it ends the benchmark.',
  },
  bringHere: 'Use it here',
  offline: 'You are offline. Models and chats on this machine go on working; what is not here cannot be fetched now.',
  pageBroke: 'This screen broke.',
  pageBrokeHint:
    'Your chats are kept. Show the screen again; if it breaks again, reload the page. Diagnostics says more.',
  showAgain: 'Show it again',
} as const;

/** `connect()`: Hearth in a frame of its own, which stands in the corner when the person is asked and is out of sight otherwise. */
import type { EmbedTheme } from '../protocol/embed-api';
import type { Connection } from './connection';
import { connectFrame } from './frame';

export interface ConnectOptions {
  /** The id of a model of that Hearth's catalogue, which the person is asked about first; Tales if absent. */
  model?: string;
  /**
   * An iframe of this page to use, already in the document; what is set on it stays. It shows who asks the model, and lets the
   * person end that. If absent, a frame is made, and removed when the connection ends.
   */
  frame?: HTMLIFrameElement;
  theme?: EmbedTheme;
  /** Gives up connecting. */
  signal?: AbortSignal;
}

export interface FrameConnection extends Connection {
  /** Shows the frame, where the person can take back what was allowed; or hides it again. */
  showFrame(isShown?: boolean): void;
}

/** @throws HearthError `refused`, `insecure-context`, `network`; the signal's reason when it fires. */
export async function connect(options: ConnectOptions = {}): Promise<FrameConnection> {
  const { model = 'tales', theme = 'system', signal = new AbortController().signal } = options;
  const frame = options.frame ?? document.createElement('iframe');
  const isOwn = options.frame === undefined;
  let isWanted = false;
  let isAsking = false;
  let height = 0;
  const place = () => {
    if (isOwn) placeInCorner(frame, height, isWanted || isAsking);
  };
  if (isOwn) {
    place();
    document.body.append(frame);
  }
  try {
    const connection = await connectFrame(frame, {
      use: 'ask',
      model,
      theme,
      signal,
      onPanel(newHeight, newAsking) {
        height = newHeight;
        isAsking = newAsking;
        place();
      },
    });
    if (isOwn) void connection.closed.then(() => frame.remove());
    return {
      ...connection,
      showFrame(isShown = true) {
        isWanted = isShown;
        place();
      },
    };
  } catch (error) {
    if (isOwn) frame.remove();
    throw error;
  }
}

/** Until the frame has said how high it is. */
const LEAST_HEIGHT = 160;

/** Hidden ones keep their width, so that what is in them knows how high it will be. */
function placeInCorner({ style }: HTMLIFrameElement, height: number, isShown: boolean): void {
  Object.assign(style, {
    position: 'fixed',
    insetInlineEnd: '16px',
    bottom: '16px',
    zIndex: '2147483647',
    width: 'min(28rem, calc(100vw - 32px))',
    height: `${Math.max(height, LEAST_HEIGHT)}px`,
    maxHeight: 'calc(100vh - 32px)',
    border: '0',
    borderRadius: '12px',
    boxShadow: '0 0 0 1px rgb(0 0 0 / 15%), 0 8px 32px rgb(0 0 0 / 30%)',
    visibility: isShown ? 'visible' : 'hidden',
  });
}

/**
 * The conversation: the branch on the screen, one article per message. It is a log that is not read aloud while it grows:
 * `announcer.tsx` says when an answer is finished.
 */
import { siblingsOf } from '../chats/tree';
import { openRun } from '../state/chat-slice';
import { useApp } from '../state/use-app';
import { strings } from './strings';
import { Turn } from './turn';

/** As many messages fill a screen, about. */
const IN_SIGHT = 4;

export function Transcript() {
  const transcript = useApp((state) => state.transcript);
  const tree = useApp((state) => state.tree);
  const busy = useApp((state) => openRun(state) !== undefined);
  return (
    <div className="transcript" role="log" aria-label={strings.conversation} aria-live="off">
      {transcript.map((message, place) => {
        const { ids, index } = siblingsOf(tree, message.id);
        return (
          <Turn
            key={message.id}
            message={message}
            version={index + 1}
            versions={ids.length}
            busy={busy}
            last={place === transcript.length - 1}
            urgent={place >= transcript.length - IN_SIGHT}
          />
        );
      })}
    </div>
  );
}

/**
 * The conversation: the branch on the screen, one article per message. It is a log that is not read aloud while it grows:
 * `announcer.tsx` says when an answer is finished.
 */
import { useDeferredValue } from 'react';
import { siblingsOf } from '../chats/tree';
import type { Message } from '../chats/types';
import { openRun } from '../state/chat-slice';
import { useApp } from '../state/use-app';
import { strings } from './strings';
import { Turn } from './turn';

/** As much text fills a screen, about. */
const CHARACTERS_IN_SIGHT = 2000;

/** The place from which on messages are in sight, when one looks at the end. */
function firstInSight(transcript: readonly Message[]): number {
  let place = transcript.length - 1;
  for (let characters = 0; place > 0; place--) {
    characters += transcript[place]?.content.length ?? 0;
    if (characters > CHARACTERS_IN_SIGHT) break;
  }
  return place;
}

export function Transcript() {
  const transcript = useApp((state) => state.transcript);
  const tree = useApp((state) => state.tree);
  const busy = useApp((state) => openRun(state) !== undefined);
  const mixed = transcript.some(({ host }) => host !== undefined);
  const inSight = firstInSight(transcript);
  // What is in sight comes first, and the rest above it once that is painted.
  const whole = useDeferredValue(true, false);
  const first = whole ? 0 : inSight;
  return (
    <div className="transcript" role="log" aria-label={strings.conversation} aria-live="off">
      {transcript.slice(first).map((message, index) => {
        const place = first + index;
        const { ids, index: version } = siblingsOf(tree, message.id);
        return (
          <Turn
            key={message.id}
            message={message}
            version={version + 1}
            versions={ids.length}
            mixed={mixed}
            busy={busy}
            last={place === transcript.length - 1}
            urgent={place >= inSight}
          />
        );
      })}
    </div>
  );
}

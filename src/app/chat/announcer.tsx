/** Says in one sentence that an answer has begun or ended, for those who do not see it grow. */
import type { Announcement } from '../state/chat-slice';
import { useApp } from '../state/use-app';
import { strings } from './strings';

export function Announcer() {
  const announcement = useApp((state) => state.announcement);
  return (
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here: an <output> would mislead
    <p className="visually-hidden" role="status" aria-label={strings.progress}>
      {announcement && describe(announcement)}
    </p>
  );
}

function describe({ kind, author, tokens }: Announcement): string {
  return strings.outcome[kind]({ author, tokens });
}

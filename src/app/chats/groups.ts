/** The list of chats in the order a person looks for them: pinned first, then by the day something was last said. */
import type { Chat } from './types';

export type ChatGroup =
  | { kind: 'pinned'; chats: Chat[] }
  /** `daysAgo` 0 is today. `startsAt` is the day's local midnight, for its name. */
  | { kind: 'day'; daysAgo: number; startsAt: number; chats: Chat[] }
  /** A month, for chats that are older than `DAYS_APART` days. */
  | { kind: 'month'; startsAt: number; chats: Chat[] };

/** Younger chats are grouped by day, older ones by month. */
export const DAYS_APART = 7;

/** Newest first, pinned ones before all. */
export function sortChats(chats: Iterable<Chat>): Chat[] {
  return [...chats].sort(
    (a, b) => Number(b.pinned) - Number(a.pinned) || b.updatedAt - a.updatedAt || (a.id < b.id ? 1 : -1),
  );
}

/** Sorted chats in their groups; days are those of the person's time zone. No group is empty. */
export function groupChats(sorted: readonly Chat[], now: number): ChatGroup[] {
  const today = startOfDay(now);
  const groups: ChatGroup[] = [];
  for (const chat of sorted) {
    const group = groupOf(chat, today);
    const last = groups.at(-1);
    if (last && isSameGroup(last, group)) last.chats.push(chat);
    else groups.push(group);
  }
  return groups;
}

function groupOf(chat: Chat, today: number): ChatGroup {
  const chats = [chat];
  if (chat.pinned) return { kind: 'pinned', chats };
  const day = startOfDay(chat.updatedAt);
  // Rounded, because the days on which clocks change have 23 or 25 hours; a clock set back makes no tomorrow.
  const daysAgo = Math.max(0, Math.round((today - day) / 86_400_000));
  if (daysAgo < DAYS_APART) return { kind: 'day', daysAgo, startsAt: Math.min(day, today), chats };
  const date = new Date(day);
  return { kind: 'month', startsAt: new Date(date.getFullYear(), date.getMonth()).getTime(), chats };
}

function isSameGroup(a: ChatGroup, b: ChatGroup): boolean {
  return a.kind === b.kind && (a.kind === 'pinned' || (b.kind !== 'pinned' && a.startsAt === b.startsAt));
}

function startOfDay(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

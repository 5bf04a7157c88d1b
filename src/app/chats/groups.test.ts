import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupChats, sortChats } from './groups';
import { emptyChat, type Chat } from './types';

const at = (year: number, month: number, day: number, hour = 12) => new Date(year, month - 1, day, hour).getTime();
const chat = (id: string, updatedAt: number, pinned = false): Chat => ({ ...emptyChat(id, 0), updatedAt, pinned });
const now = at(2026, 11, 21);

describe('the list of chats', () => {
  it('has pinned ones first, then the newest', () => {
    const chats = [chat('old', 1), chat('new', 3), chat('pinned', 0, true), chat('middle', 2)];
    expect(sortChats(chats).map(({ id }) => id)).toEqual(['pinned', 'new', 'middle', 'old']);
  });

  it('is grouped by day for a week and by month before', () => {
    const chats = [
      chat('a', at(2026, 11, 21, 11)),
      chat('b', at(2026, 11, 21, 0)),
      chat('c', at(2026, 11, 20, 23)),
      chat('d', at(2026, 11, 15)),
      chat('e', at(2026, 11, 14)),
      chat('f', at(2026, 11, 1)),
      chat('g', at(2025, 11, 30)),
      chat('p', at(2024, 1, 1), true),
    ];
    expect(groupChats(sortChats(chats), now).map((group) => [group.kind, ...group.chats.map(({ id }) => id)])).toEqual([
      ['pinned', 'p'],
      ['day', 'a', 'b'],
      ['day', 'c'],
      ['day', 'd'],
      ['month', 'e', 'f'],
      ['month', 'g'],
    ]);
    const [, today, yesterday, lastOfWeek, month] = groupChats(sortChats(chats), now);
    expect(today).toMatchObject({ daysAgo: 0, startsAt: at(2026, 11, 21, 0) });
    expect(yesterday).toMatchObject({ daysAgo: 1 });
    expect(lastOfWeek).toMatchObject({ daysAgo: 6 });
    expect(month).toMatchObject({ startsAt: at(2026, 11, 1, 0) });
  });

  it('counts whole days over a change of the clocks', () => {
    for (let day = 20; day < 40; day++) {
      const [group] = groupChats([chat('a', at(2026, 10, day, 23))], at(2026, 10, day + 1, 1));
      expect(group).toMatchObject({ kind: 'day', daysAgo: 1 });
    }
  });

  it('puts a chat from a clock that was ahead under today', () => {
    expect(groupChats([chat('a', now + 1e9)], now)).toMatchObject([
      { kind: 'day', daysAgo: 0, startsAt: at(2026, 11, 21, 0) },
    ]);
  });

  it('keeps every chat once, in order, and no group twice', () => {
    const chats = fc.array(fc.record({ updatedAt: fc.integer({ min: 0, max: now }), pinned: fc.boolean() }));
    fc.assert(
      fc.property(chats, (specs) => {
        const sorted = sortChats(specs.map(({ updatedAt, pinned }, index) => chat(`c${index}`, updatedAt, pinned)));
        const groups = groupChats(sorted, now);
        expect(groups.flatMap((group) => group.chats)).toEqual(sorted);
        const names = groups.map((group) => `${group.kind} ${group.kind === 'pinned' ? '' : group.startsAt}`);
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });
});

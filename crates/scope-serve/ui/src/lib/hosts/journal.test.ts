import { describe, expect, it } from 'vitest';
import { Journal, LONGEST_ENTRY, MOST_ENTRIES } from './journal';

describe('the journal of frames', () => {
  it('costs nothing while it is off, and stands still when paused', () => {
    const journal = new Journal();
    journal.note('ws://a/', 1, 'x', true);
    journal.on = true;
    journal.note('ws://a/', 1, 'y', true);
    journal.paused = true;
    journal.note('ws://a/', 1, 'z', true);
    expect(journal.entries.map((entry) => entry.text)).toEqual(['y']);
  });

  it('is bounded in number and length', () => {
    const journal = new Journal();
    journal.on = true;
    for (let at = 0; at < MOST_ENTRIES + 10; at += 1) journal.note('ws://a/', at, 'x'.repeat(LONGEST_ENTRY + 5), false);
    expect([journal.entries.length, journal.entries[0]?.number, journal.entries[0]?.text.length]).toEqual([
      MOST_ENTRIES,
      11,
      LONGEST_ENTRY,
    ]);
    expect(journal.entries[0]?.length).toBe(LONGEST_ENTRY + 5);
  });
});

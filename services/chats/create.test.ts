import { expect, it } from 'vitest';
import { onBothDatabases } from '../db/testing/both.ts';
import { asking, backendOn } from '../testing/ask.ts';
import { testState } from '../testing/state.ts';

onBothDatabases((database) => {
  it('chats that are made at once have their times in the order of their numbers', async () => {
    const state = await testState(database.db);
    try {
      const ask = asking(backendOn(state));
      const made = await Promise.all(Array.from({ length: 40 }, () => ask('POST /api/chats')));
      const chats = made.map(({ json }) => json as { title: string; created_at: string });
      const byNumber = chats.toSorted((a, b) => Number(a.title.slice(9)) - Number(b.title.slice(9)));
      expect(byNumber.map(({ title }) => title)).toEqual(chats.map((_, i) => `New Chat ${i + 1}`));
      const times = byNumber.map(({ created_at }) => created_at);
      expect(times).toEqual(times.toSorted());
      expect(new Set(times).size).toBe(times.length);
    } finally {
      await state.close();
    }
  });
});

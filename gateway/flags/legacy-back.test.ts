/** Flips towards a legacy that came back without much of its data. */
import { expect, it, onTestFinished } from 'vitest';
import { flagFolder } from '../test/support/flag-folder.ts';

const HEALTH = 'GET /api/health';
const asNew = `routes:\n  ${HEALTH}: new\n  GET /api/chats: new\n`;
const by = { target: HEALTH, who: 'ada', why: 'a test' };

it('are refused until a person insists, and never to a guard', async () => {
  const state: { blocked: string | undefined; insisted: number } = {
    blocked: 'legacy lists no chat',
    insisted: 0,
  };
  const legacyBack = {
    blocked: () => state.blocked,
    insisted: async () => {
      state.insisted += 1;
      state.blocked = undefined;
    },
  };
  const store = await flagFolder(asNew).open({ legacyBack });
  onTestFinished(() => store.close());
  const modeOf = (route: string) => store.current.routes.get(route)?.mode;
  const refused = { code: 'legacy_lacks_data', message: expect.stringContaining('legacy lists no chat') };
  await expect(store.rollback(by)).rejects.toMatchObject(refused);
  await expect(store.change({ ...by, mode: 'legacy' })).rejects.toMatchObject(refused);
  expect(modeOf(HEALTH)).toBe('new');
  await store.rollback({ ...by, how: 'guard' });
  expect(modeOf(HEALTH)).toBe('legacy');
  expect(state.insisted).toBe(0);
  await store.rollback({ ...by, target: 'GET /api/chats', force: true });
  expect(modeOf('GET /api/chats')).toBe('legacy');
  expect(state.insisted).toBe(1);
});

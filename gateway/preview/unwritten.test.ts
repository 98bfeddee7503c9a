/** A preview beside a flag file that could not be written: what is in force counts, and a person is told of the difference. */
import { expect, it, onTestFinished } from 'vitest';
import { fileGround } from '../cli/file-ground.ts';
import { readSettings } from '../settings.ts';
import { chatTable } from '../test/support/chat-table.ts';
import { flagFolder } from '../test/support/flag-folder.ts';
import { makeUnwritable } from '../test/support/unwritable.ts';
import { previewOf } from './preview.ts';

const HEALTH = 'GET /api/health';
const back = { target: undefined, mode: 'legacy', now: false, force: false, yes: false } as const;

it('it tells how the flag file differs from what is in force, with and without a gateway', async () => {
  const at = flagFolder(`routes:\n  ${HEALTH}: new\n`);
  const store = await at.open();
  onTestFinished(() => store.close());
  makeUnwritable(at.file);
  const table = chatTable;
  const ground = () => ({
    table,
    plan: store.plan.bind(store),
    faults: store.faults,
    unwritten: store.unwritten?.routes,
    isRunning: true,
  });
  const settings = readSettings({ BANYAN_DATA: at.data, BANYAN_FLAGS: at.file, CONTINUITY: 'off' }, '/');
  const file = () =>
    fileGround({ settings, application: async () => ({ name: 'test', table }) as never }, 'legacy');
  expect((await previewOf(back, await file())).changes).toHaveLength(1);
  await store.rollback({ who: 'guard', why: '9 of 20 bad', how: 'guard' });
  for (const each of [ground(), await file()]) {
    const { changes, findings } = await previewOf(back, each);
    expect(changes).toEqual([]);
    expect(findings).toContainEqual(
      expect.objectContaining({
        about: 'Flag file',
        weight: 'caution',
        items: [{ name: HEALTH, says: ['legacy is in force, the file says new.'] }],
      }),
    );
  }
});

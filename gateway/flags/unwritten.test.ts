/** A flag file that cannot be written: changes take force all the same, outlive a restart, and give way to a later edit. */
import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { flagFolder, until } from '../test/support/flag-folder.ts';
import { makeUnwritable } from '../test/support/unwritable.ts';
import { lineEdits } from './edit.ts';
import type { FlagStore } from './store.ts';

const HEALTH = 'GET /api/health';
const CHATS = 'GET /api/chats';
const file = `# ours\nroutes:\n  ${HEALTH}: new # first\n`;
const back = { target: HEALTH, who: 'guard', why: '9 of 20 bad', how: 'guard' } as const;

const stores: FlagStore[] = [];
const kept = async (opening: Promise<FlagStore>) => {
  const store = await opening;
  stores.push(store);
  return store;
};
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});
const modeOf = (store: FlagStore, route = HEALTH) => store.current.routes.get(route)?.mode;

describe('where the flag file cannot be written', () => {
  it('a guard and a person change what is in force, and are told the lines to change', async () => {
    const at = flagFolder(file);
    const store = await kept(at.open());
    makeUnwritable(at.file);
    const [entry] = await store.rollback(back);
    expect(entry).toMatchObject({ to: 'legacy', unwritten: { said: 'new' } });
    await store.change({ target: CHATS, mode: 'shadow', who: 'ada', why: 'a look' });
    expect([modeOf(store), modeOf(store, CHATS), at.read()]).toEqual(['legacy', 'shadow', file]);
    expect(store.unwritten).toMatchObject({
      routes: [
        {
          route: HEALTH,
          mode: 'legacy',
          said: 'new',
          by: 'guard',
          reason: expect.stringContaining('EISDIR'),
        },
        { route: CHATS, mode: 'shadow', said: 'legacy', by: 'ada' },
      ],
      edits: [
        { line: 3, was: `  ${HEALTH}: new # first`, becomes: `  ${HEALTH}: legacy # first` },
        { line: 4, becomes: `  ${CHATS}: shadow` },
      ],
    });
    expect(at.audit().map(({ unwritten }) => unwritten?.said)).toEqual([undefined, 'new', 'legacy']);
  });

  it('a restart does not undo them, nor one that has lost the state', async () => {
    const at = flagFolder(file);
    const first = await kept(at.open());
    makeUnwritable(at.file);
    await first.rollback(back);
    await first.close();
    const second = await kept(at.open());
    expect([modeOf(second), second.unwritten?.routes.length]).toEqual(['legacy', 1]);
    await second.close();
    rmSync(`${at.data}/flags/in-force.json`);
    const third = await kept(at.open());
    expect([modeOf(third), third.unwritten?.routes[0]?.said, third.current.routes.get(HEALTH)?.by]).toEqual([
      'legacy',
      'new',
      'guard',
    ]);
  });

  it('an edit of another route changes nothing about them, an edit of that route wins', async () => {
    const at = flagFolder(file);
    const store = await kept(at.open());
    makeUnwritable(at.file);
    await store.rollback(back);
    at.write(`${file}  ${CHATS}: shadow\n`);
    await until(store, () => modeOf(store, CHATS) === 'shadow');
    expect([modeOf(store), store.unwritten?.routes.length]).toEqual(['legacy', 1]);
    at.write(`routes:\n  ${HEALTH}: shadow\n`);
    await until(store, () => modeOf(store) === 'shadow');
    expect(store.unwritten).toBeUndefined();
    at.write(file);
    await until(store, () => modeOf(store) === 'new');
  });

  it('they are over once the file says so, by a hand or by the next command that can write it', async () => {
    const at = flagFolder(file);
    const store = await kept(at.open());
    const writable = makeUnwritable(at.file);
    await store.rollback(back);
    await store.change({ target: CHATS, mode: 'shadow', who: 'ada', why: 'a look' });
    at.write(file.replace('new', 'legacy'));
    await until(store, () => store.unwritten?.routes.length === 1);
    writable();
    await store.change({ target: 'GET /api/chats/:chat_id', mode: 'shadow', who: 'ada', why: 'too' });
    expect(store.unwritten).toBeUndefined();
    expect(at.read()).toContain(`${CHATS}: shadow\n  GET /api/chats/:chat_id: shadow`);
  });

  it('they are written by the same command once the file can be written', async () => {
    const at = flagFolder(file);
    const store = await kept(at.open());
    const writable = makeUnwritable(at.file);
    await store.rollback(back);
    expect(await store.rollback(back)).toEqual([]);
    expect(store.unwritten?.routes).toHaveLength(1);
    writable();
    expect(await store.rollback(back)).toEqual([]);
    expect([store.unwritten, at.read()]).toEqual([undefined, file.replace('new', 'legacy')]);
    expect(at.audit()).toHaveLength(2);
  });

  it('a person takes one back without writing anything', async () => {
    const at = flagFolder(file);
    const store = await kept(at.open());
    makeUnwritable(at.file);
    await store.rollback(back);
    await store.change({ target: HEALTH, mode: 'new', who: 'ada', why: 'mended' });
    expect([modeOf(store), store.unwritten, at.read()]).toEqual(['new', undefined, file]);
    await store.close();
    const second = await kept(at.open());
    expect([modeOf(second), second.unwritten]).toEqual(['new', undefined]);
  });

  it('a guard acts also where the file has a fault that cannot be put right', async () => {
    const at = flagFolder(file);
    const store = await kept(at.open());
    makeUnwritable(at.file);
    at.write('routes: [\n');
    await until(store, () => store.faults.length > 0);
    await store.rollback(back);
    expect([modeOf(store), store.faults.length, store.unwritten?.edits]).toEqual(['legacy', 1, []]);
    at.write(file);
    await until(store, () => store.faults.length === 0);
    expect([modeOf(store), store.unwritten?.edits.length]).toEqual(['legacy', 1]);
  });

  it('of a text whose routes could not be made ready nothing takes force beside them', async () => {
    const at = flagFolder(file);
    const prepare = async (routes: readonly string[]) => {
      if (routes.includes(CHATS)) throw new Error('the database is away');
    };
    const store = await kept(at.open({ prepare }));
    makeUnwritable(at.file);
    at.write(`${file}  ${CHATS}: new\n`);
    await until(store, () => store.faults.length > 0);
    await store.rollback(back);
    expect([modeOf(store), modeOf(store, CHATS)]).toEqual(['legacy', 'legacy']);
  });

  it('a text that does not fit beside them is a fault and changes nothing', async () => {
    const at = flagFolder(`routes:\n  ${CHATS}: new\n`);
    const store = await kept(at.open());
    makeUnwritable(at.file);
    await store.rollback({ ...back, target: CHATS });
    // Legacy would be given nothing of the chats that `GET /api/chats` reads of it.
    const others = [...store.current.routes.keys()].filter((route) => /chat|pdfs|job/.test(route));
    at.write(
      `routes:\n${others.map((route) => `  ${route}: new\n`).join('')}`.replace(
        'PUT /api/chats/:chat_id/rename: new',
        'PUT /api/chats/:chat_id/rename: complete',
      ),
    );
    await until(store, () => store.faults.length > 0);
    expect(store.faults[0]?.message).toContain('In force and not in the file: GET /api/chats is legacy');
    expect(modeOf(store, 'PUT /api/chats/:chat_id/rename')).toBe('legacy');
  });

  it('a command while no gateway runs is refused, as nothing is in force then', async () => {
    const at = flagFolder(file);
    const store = await kept(at.open({ watch: false }));
    makeUnwritable(at.file);
    await expect(store.rollback(back)).rejects.toMatchObject({ code: 'flag_file_unwritable' });
    expect([modeOf(store), store.unwritten]).toEqual(['new', undefined]);
  });
});

it.each([
  ['a map in one line', `routes: { ${HEALTH}: new, ${CHATS}: new }\n`, 1],
  ['no routes', 'routes: {}\n', 1],
  ['no end of the last line', `routes:\n  ${HEALTH}: new`, 2],
])('the lines to change make the text that a command would write: %s', (_, text, first) => {
  const edits = lineEdits(
    text,
    new Map([
      [HEALTH, 'legacy'],
      [CHATS, 'shadow'],
    ]),
  );
  expect(edits[0]).toMatchObject({ line: first, was: expect.any(String) });
  expect(edits.map(({ becomes }) => becomes).join('\n')).toMatch(
    /health: legacy[\s\S]*chats: shadow|chats: shadow/,
  );
});

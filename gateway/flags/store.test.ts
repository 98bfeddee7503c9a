import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { shippedLikeFlags } from '../test/support/chat-table.ts';
import { flagFolder, until } from '../test/support/flag-folder.ts';
import { makeUnwritable } from '../test/support/unwritable.ts';
import type { FlagStore } from './store.ts';

const HEALTH = 'GET /api/health';
const CHATS = 'GET /api/chats';
const legacy = `# flags\nroutes:\n  ${HEALTH}: legacy # as it was\n  ${CHATS}: legacy\n`;
const healthNew = legacy.replace('legacy # as it was', 'new # as it was');
const hand = `by hand (${userInfo().username})`;

const open: FlagStore[] = [];
const kept = async (store: Promise<FlagStore>) => {
  open.push(await store);
  return store;
};
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});

const modeOf = (store: FlagStore, route: string) => store.current.routes.get(route)?.mode;

describe('a command', () => {
  it('is in the file and in force when it resolves, and in the audit log', async () => {
    const at = flagFolder(legacy);
    const store = await kept(at.open({ clock: () => new Date('2026-01-31T09:15:00Z') }));
    const entries = await store.change({ target: HEALTH, mode: 'new', who: 'ada', why: 'first' });
    const entry = {
      time: '2026-01-31T09:15:00.000Z',
      who: 'ada',
      route: HEALTH,
      from: 'legacy',
      to: 'new',
      why: 'first',
      how: 'command',
      epoch: 1,
    };
    expect(entries).toEqual([entry]);
    expect(at.audit()).toEqual([entry]);
    expect(at.read()).toBe(healthNew);
    expect(store.current.epoch).toBe(1);
    expect(store.current.routes.get(HEALTH)).toEqual({ mode: 'new', since: entry.time, by: 'ada' });
  });

  it('on a phase is one epoch and one change of the file', async () => {
    const at = flagFolder(shippedLikeFlags);
    const store = await kept(at.open());
    const epochs: number[] = [];
    store.onChange(() => epochs.push(store.current.epoch));
    const entries = await store.change({ target: 'read-only', mode: 'new', who: 'ada', why: 'all' });
    expect(entries.map((entry) => entry.epoch)).toEqual([1, 1, 1, 1, 1]);
    expect(new Set(epochs)).toEqual(new Set([1]));
    expect(modeOf(store, 'GET /api/pdfs')).toBe('new');
    expect(modeOf(store, HEALTH)).toBe('legacy');
  });

  it('that changes nothing writes nothing', async () => {
    const at = flagFolder(legacy);
    const store = await kept(at.open());
    expect(await store.change({ target: HEALTH, mode: 'legacy', who: 'ada', why: 'x' })).toEqual([]);
    expect(await store.rollback({ who: 'ada', why: 'x' })).toEqual([]);
    expect(at.audit()).toEqual([]);
    expect(at.read()).toBe(legacy);
    expect(store.current.epoch).toBe(0);
  });

  it('rolls back everything, a phase or a route', async () => {
    const at = flagFolder(`routes: { ${HEALTH}: new, ${CHATS}: new, anything else: new }\n`);
    const store = await kept(at.open());
    expect((await store.rollback({ target: CHATS, who: 'ada', why: 'slow' })).map((e) => e.route)).toEqual([
      CHATS,
    ]);
    expect((await store.rollback({ who: 'ada', why: 'all' })).map((e) => e.route)).toEqual([
      HEALTH,
      'anything else',
    ]);
    expect(at.read()).toBe(`routes: { ${HEALTH}: legacy, ${CHATS}: legacy, anything else: legacy }\n`);
  });

  it('is refused for what is neither a route nor a phase, with what was meant', async () => {
    const store = await kept(flagFolder(legacy).open());
    const refused = store.change({ target: 'get /api/helth', mode: 'new', who: 'ada', why: 'x' });
    await expect(refused).rejects.toMatchObject({ code: 'unknown_target' });
    await expect(refused).rejects.toThrow(`did you mean "${HEALTH}"`);
  });

  it('is refused for a row that the new backend does not have, and a phase then changes in no part', async () => {
    const at = flagFolder(shippedLikeFlags);
    const before = at.read();
    const store = await kept(at.open({ implemented: new Set([CHATS]) }));
    const refused = store.change({ target: 'read-only', mode: 'new', who: 'ada', why: 'x' });
    await expect(refused).rejects.toMatchObject({ code: 'not_implemented' });
    expect(at.read()).toBe(before);
    await store.change({ target: CHATS, mode: 'new', who: 'ada', why: 'x' });
    expect(modeOf(store, CHATS)).toBe('new');
  });

  it('sees a hand edit that was saved a moment before, and loses neither', async () => {
    const at = flagFolder(legacy);
    const store = await kept(at.open({ watch: false }));
    at.write(legacy.replace(`${CHATS}: legacy`, `${CHATS}: new # by me`));
    await store.change({ target: HEALTH, mode: 'new', who: 'ada', why: 'first' });
    expect(at.read()).toBe(healthNew.replace(`${CHATS}: legacy`, `${CHATS}: new # by me`));
    expect(at.audit().map(({ route, who, why, epoch }) => [route, who, why, epoch])).toEqual([
      [CHATS, hand, 'by me', 1],
      [HEALTH, 'ada', 'first', 2],
    ]);
  });

  it('and many others at once, from two gateways with one file, are all done, one after the other', async () => {
    const at = flagFolder(legacy);
    const stores = [await kept(at.open()), await kept(at.open())];
    const routes = [
      HEALTH,
      CHATS,
      'GET /api/pdfs',
      'POST /api/chats',
      'anything else',
      'GET /api/chats/:chat_id',
    ];
    await Promise.all(
      routes.map((target, i) =>
        (stores[i % 2] as FlagStore).change({ target, mode: 'new', who: `user ${i}`, why: 'x' }),
      ),
    );
    const audit = at.audit();
    expect(audit.map((entry) => entry.route).sort()).toEqual([...routes].sort());
    expect(audit.map((entry) => entry.epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(audit.every((entry) => entry.how === 'command')).toBe(true);
    for (const store of stores) {
      await until(store, () => routes.every((route) => modeOf(store, route) === 'new'));
      expect(store.current.epoch).toBe(6);
      expect(store.current.routes.get(CHATS)?.by).toBe('user 1');
    }
  });
});

describe('a fault in the file', () => {
  const faulty = healthNew.replace(`${CHATS}: legacy`, `${CHATS}: legcy`);
  const fault = { line: 4, column: 19, message: '`legcy` is not a mode; did you mean `legacy`?' };

  it('changes nothing, is shown, and flips to the new backend are refused with its place', async () => {
    const at = flagFolder(legacy);
    const store = await kept(at.open());
    at.write(faulty);
    await until(store, () => store.faults.length > 0);
    expect(store.faults).toEqual([fault]);
    expect(modeOf(store, HEALTH)).toBe('legacy');
    const refused = store.change({ target: HEALTH, mode: 'new', who: 'ada', why: 'x' });
    await expect(refused).rejects.toMatchObject({ code: 'flag_file_faulty' });
    await expect(refused).rejects.toThrow('line 4, column 19: `legcy`');
    expect(at.read()).toBe(faulty);
    at.write(healthNew);
    await until(store, () => modeOf(store, HEALTH) === 'new');
    expect(store.faults).toEqual([]);
  });

  it('can be put aside for the last good text by a rollback, and nothing is lost', async () => {
    const at = flagFolder(healthNew);
    const store = await kept(at.open());
    at.write(faulty);
    await until(store, () => store.faults.length > 0);
    await store.rollback({ who: 'ada', why: 'night' });
    expect(at.read()).toBe(legacy);
    expect(store.faults).toEqual([]);
    const [aside = ''] = readdirSync(join(at.data, 'flags')).filter((name) => name.startsWith('faulty-'));
    expect(readFileSync(join(at.data, 'flags', aside), 'utf8')).toBe(faulty);
  });

  it('at the start fails it where there is no last good text, with the place', async () => {
    await expect(flagFolder(faulty).open()).rejects.toThrow('line 4, column 19: `legcy`');
  });

  it('at the start leaves the last good text of the last run in force', async () => {
    const at = flagFolder(healthNew);
    await (await at.open()).close();
    at.write(faulty.replace('new # as it was', 'legacy'));
    const store = await kept(at.open());
    expect(store.faults).toHaveLength(1);
    expect(modeOf(store, HEALTH)).toBe('new');
    expect(at.audit()).toHaveLength(1);
  });

  it('may be that the file is gone', async () => {
    const at = flagFolder(healthNew);
    const store = await kept(at.open());
    rmSync(at.file);
    await until(store, () => store.faults.length > 0);
    expect(store.faults[0]?.message).toBe('The flag file is gone.');
    expect(modeOf(store, HEALTH)).toBe('new');
    const refused = store.change({ target: CHATS, mode: 'new', who: 'ada', why: 'x' });
    await expect(refused).rejects.toMatchObject({ code: 'flag_file_missing' });
    await store.rollback({ who: 'ada', why: 'night' });
    expect(at.read()).toBe(legacy);
  });

  it('may be that the file was never there, and the message says what to write', async () => {
    const at = flagFolder(legacy);
    rmSync(at.file);
    const refused = at.open();
    await expect(refused).rejects.toMatchObject({ code: 'flag_file_missing' });
    await expect(refused).rejects.toMatchObject({ advice: expect.stringContaining('routes: {}') });
  });
});

describe('a change by hand', () => {
  it('is audited with the comment on its line as the reason, and the owner of the file', async () => {
    const at = flagFolder(legacy);
    const store = await kept(at.open());
    at.write(healthNew.replace(`${CHATS}: legacy`, `${CHATS}: new`));
    await until(store, () => modeOf(store, CHATS) === 'new');
    await store.close();
    expect(at.audit().map(({ route, who, why, how, epoch }) => [route, who, why, how, epoch])).toEqual([
      [HEALTH, hand, 'as it was', 'file', 1],
      [CHATS, hand, 'edited by hand', 'file', 1],
    ]);
  });

  it('of comments and phases only is no change of flags', async () => {
    const at = flagFolder(legacy);
    const store = await kept(at.open());
    const told = new Promise<void>((resolve) => store.onChange(resolve));
    at.write(`# another comment\n${legacy}`);
    await told;
    expect(store.current.epoch).toBe(0);
    expect(at.audit()).toEqual([]);
  });

  it('while no gateway runs is found at the next start', async () => {
    const at = flagFolder(legacy);
    await (await at.open()).close();
    at.write(healthNew);
    await (await at.open()).close();
    expect(at.audit().map(({ route, who, how }) => [route, who, how])).toEqual([[HEALTH, hand, 'start']]);
    await (await at.open()).close();
    expect(at.audit()).toHaveLength(1);
  });
});

describe('since when and by whom', () => {
  it('outlive the gateway, and so does the count of epochs', async () => {
    const at = flagFolder(legacy);
    const first = await at.open({ clock: () => new Date('2026-01-01T00:00:00Z') });
    await first.change({ target: HEALTH, mode: 'new', who: 'ada', why: 'x' });
    await first.close();
    const second = await kept(at.open());
    expect(second.current.epoch).toBe(1);
    expect(second.current.routes.get(HEALTH)).toEqual({
      mode: 'new',
      since: '2026-01-01T00:00:00.000Z',
      by: 'ada',
    });
    expect(second.current.routes.get(CHATS)?.since).toBe('2026-01-01T00:00:00.000Z');
  });

  it('come from the audit log where the state was lost', async () => {
    const at = flagFolder(legacy);
    const first = await at.open();
    await first.change({ target: HEALTH, mode: 'new', who: 'ada', why: 'x' });
    await first.close();
    writeFileSync(join(at.data, 'flags/in-force.json'), '{"epo');
    const second = await kept(at.open());
    expect(second.current.routes.get(HEALTH)?.by).toBe('ada');
    expect(second.current.epoch).toBe(1);
    expect(at.audit()).toHaveLength(1);
  });
});

describe('the audit log', () => {
  const state = (data: string) => join(data, 'flags/in-force.json');

  it('is completed at the next start where the gateway was killed before it wrote its entry', async () => {
    const at = flagFolder(legacy);
    const first = await at.open();
    await first.change({ target: HEALTH, mode: 'new', who: 'ada', why: 'x' });
    await first.close();
    const [entry] = at.audit();
    rmSync(join(at.data, 'audit.jsonl'));
    await (await at.open()).close();
    expect(at.audit()).toEqual([entry]);
  });

  it('names who gave a command that was killed between the file and the state', async () => {
    const at = flagFolder(legacy);
    await (await at.open()).close();
    const stored = JSON.parse(readFileSync(state(at.data), 'utf8'));
    writeFileSync(
      state(at.data),
      JSON.stringify({ ...stored, intent: { who: 'ada', why: 'x', modes: { [HEALTH]: 'new' } } }),
    );
    at.write(healthNew);
    await (await at.open()).close();
    expect(at.audit()).toMatchObject([{ route: HEALTH, who: 'ada', why: 'x', how: 'command' }]);
  });

  it('is believed where the state on the disk is older, as after a loss of power', async () => {
    const at = flagFolder(legacy);
    const first = await at.open();
    const older = readFileSync(state(at.data), 'utf8');
    await first.change({ target: HEALTH, mode: 'new', who: 'ada', why: 'x' });
    await first.close();
    writeFileSync(state(at.data), older);
    const second = await kept(at.open());
    expect(second.current.epoch).toBe(1);
    expect(second.current.routes.get(HEALTH)?.by).toBe('ada');
    expect(at.audit()).toHaveLength(1);
  });

  it('does not name the giver of a command that could not be done for a later edit by hand', async () => {
    const at = flagFolder(legacy);
    const store = await kept(at.open({ watch: false }));
    makeUnwritable(at.file);
    const refused = store.change({ target: HEALTH, mode: 'new', who: 'ada', why: 'x' });
    await expect(refused).rejects.toMatchObject({ code: 'flag_file_unwritable' });
    await store.close();
    expect(at.read()).toBe(legacy);
    at.write(healthNew);
    await kept(at.open());
    expect(at.audit()).toMatchObject([{ who: hand, how: 'start' }]);
  });

  it('goes on in a new line after one that was cut short', async () => {
    const at = flagFolder(legacy);
    const store = await kept(at.open());
    writeFileSync(join(at.data, 'audit.jsonl'), '{"time":"2026-01');
    await store.change({ target: HEALTH, mode: 'new', who: 'ada', why: 'x' });
    expect(await store.history({ limit: 10 })).toMatchObject([{ route: HEALTH, who: 'ada' }]);
  });

  it('that cannot be written does not keep a rollback from being in force, and is completed once it can', async () => {
    const at = flagFolder(healthNew);
    const store = await kept(at.open());
    const audit = join(at.data, 'audit.jsonl');
    const before = at.audit();
    rmSync(audit);
    // A folder in its place: no write succeeds, for root neither.
    mkdirSync(audit);
    await store.rollback({ who: 'ada', why: 'night' });
    expect(modeOf(store, HEALTH)).toBe('legacy');
    expect(store.unrecorded).toBe(1);
    rmdirSync(audit);
    await expect.poll(() => store.unrecorded).toBe(0);
    expect(at.audit()).toMatchObject([{ route: HEALTH, to: 'legacy', who: 'ada' }]);
    expect(before).toHaveLength(1);
  });

  it('is shown newest first, as many as were asked for', async () => {
    const at = flagFolder(legacy);
    const store = await kept(at.open());
    for (const mode of ['new', 'legacy', 'new'] as const)
      await store.change({ target: HEALTH, mode, who: 'ada', why: mode });
    expect((await store.history({ limit: 2 })).map((entry) => entry.epoch)).toEqual([3, 2]);
  });
});

describe('a lock that was left behind', () => {
  it.each([
    ['by a process that is gone', '999999999'],
    ['by a process that was killed before it wrote its id into it', ''],
  ])('%s holds nobody up for long', async (_by, owner) => {
    const at = flagFolder(legacy);
    const store = await kept(at.open());
    const lock = join(at.data, 'flags/lock');
    writeFileSync(lock, owner);
    await store.change({ target: HEALTH, mode: 'new', who: 'ada', why: 'x' });
    expect(modeOf(store, HEALTH)).toBe('new');
    expect(existsSync(lock)).toBe(false);
  });
});

/** The table of modes, held against what the gateway does: who serves, who is fed, who is compared. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { onPGlite } from '../../services/db/testing/both.ts';
import { isInShare, type Mode, modeNames, nameOf } from './protocol/modes.ts';
import { otherSide, roles } from './protocol/roles.ts';
import { type Rig, startRig } from './testing/rig.ts';

const modes = modeNames.map((name): Mode => (name === 'canary' ? 'canary:50%' : name));

/** Notes that both sides have, one in the canary's share and one that is not. */
async function notes(rig: Rig): Promise<{ inShare: string; outside: string }> {
  const made: Partial<Record<'inShare' | 'outside', string>> = {};
  while (!made.inShare || !made.outside) {
    const id = await rig.make();
    made[isInShare(id, 0.5) ? 'inShare' : 'outside'] ??= id;
  }
  await rig.even();
  return { inShare: made.inShare, outside: made.outside };
}

/** Requests that a side got of this method for this note while it was done. */
async function asked(rig: Rig, method: string, part: string, work: () => Promise<void>) {
  const before = { legacy: rig.legacy.requests.length, new: rig.new.requests.length };
  await work();
  const of = (side: 'legacy' | 'new') =>
    rig[side].requests
      .slice(before[side])
      .filter((request) => request.method === method && request.target.endsWith(part)).length;
  return { legacy: of('legacy'), new: of('new') };
}

onPGlite((database) => {
  it.each(modes)('%s: reads and writes go, and are given on, as the table says', async (mode) => {
    const rig = await startRig(database.db);
    const { inShare, outside } = await notes(rig);
    rig.flip(mode);
    const { read, write } = roles[nameOf(mode)];
    for (const note of [inShare, outside]) {
      const resolved = (serves: typeof read.serves) =>
        serves === 'share' ? (note === inShare ? 'new' : 'legacy') : serves;
      const reader = resolved(read.serves);
      const reads = await asked(rig, 'GET', '/lines', async () => {
        await rig.ask('GET', `/notes/${note}/lines`);
        await rig.shadowed();
      });
      const isAsked = read.compared === 'asked' ? 1 : 0;
      expect(reads).toEqual({ [reader]: 1, [otherSide[reader]]: isAsked });

      const writer = resolved(write.serves);
      const titled = () => asked(rig, 'PUT', '/title', () => even(rig, note, mode));
      const isFed = write.fed.includes(otherSide[writer]) ? 1 : 0;
      expect(await titled()).toEqual({ [writer]: 1, [otherSide[writer]]: isFed });
      const [entry] = await rig.entries('PUT /notes/:note_id/title');
      expect(entry).toMatchObject({
        side: writer,
        mirror: isFed ? 'applied' : 'none',
        verdict: isFed && write.compared === 'replay' ? 'matched' : null,
      });
    }
  });

  it('a chat stays on its side on every route, and moves once as the share grows', async () => {
    const rig = await startRig(database.db);
    const made = [];
    for (let i = 0; i < 12; i += 1) made.push(await rig.make());
    await rig.even();
    const sideOf = async (note: string) => {
      const { new: onNew } = await asked(rig, 'GET', '/lines', async () => {
        await rig.ask('GET', `/notes/${note}/lines`);
      });
      return onNew;
    };
    let before = made.map(() => 0);
    for (const share of ['25', '50', '75'] as const) {
      rig.flip(`canary:${Number(share)}%`);
      const now = [];
      for (const note of made) now.push(await sideOf(note));
      expect(now).toEqual(made.map((note) => (isInShare(note, Number(share) / 100) ? 1 : 0)));
      expect(now.every((side, i) => side >= (before[i] ?? 0))).toBe(true);
      before = now;
    }
    expect(before).toContain(1);
  });
});

async function even(rig: Rig, note: string, mode: Mode): Promise<void> {
  const { status } = await rig.ask('PUT', `/notes/${note}/title`, { title: `In ${mode}` });
  expect(status).toBe(200);
  await rig.even();
}

it('of many chats a canary has about its share', () => {
  const ids = Array.from({ length: 20_000 }, (_, i) => `note ${i}`);
  for (const share of [0.001, 0.1, 0.5, 0.999]) {
    const inIt = ids.filter((id) => isInShare(id, share)).length / ids.length;
    expect(Math.abs(inIt - share)).toBeLessThan(0.012);
  }
});

it('the documentation has the same table', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/continuity.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z]+)(?::10%)?` \| (.*?) \| (.*?) \| (.*?) \|$/gm)];
  expect(rows.map(([, name]) => name)).toEqual([...modeNames]);
  for (const [, name = '', serves = '', fed = '', compared = ''] of rows) {
    const { read, write } = roles[name as keyof typeof roles];
    expect(serves.startsWith(read.serves === 'share' ? 'new for a share' : read.serves)).toBe(true);
    const given = write.fed.filter((side) => write.serves === 'share' || side !== write.serves);
    expect(fed).toBe(given.length === 2 ? 'the other one' : (given[0] ?? 'nobody'));
    expect(compared.includes('reads')).toBe(read.compared === 'asked');
    expect(compared === 'nothing').toBe(given.length === 0);
  }
});

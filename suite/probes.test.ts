/** Whether a route table's probes are tried with the recordings: right ones are proven, and a broken one is found. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notesApp } from '@banyan/gateway/continuity/testing/notes-app.ts';
import { notesTable } from '@banyan/gateway/continuity/testing/notes-table.ts';
import { serve } from '@banyan/gateway/continuity/testing/serve-app.ts';
import { committedEvidence } from '@banyan/gateway/evidence/evidence.ts';
import type { Recording } from '@banyan/gateway/record/read-recording.ts';
import type { Place, Probe, RouteTable } from '@banyan/route-table/route-table.ts';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { evidenceOf, writeEvidence } from './evidence.ts';
import { ProbeTrials } from './probes.ts';
import { replay } from './replay/replay.ts';
import { resultLines } from './report/terminal.ts';
import { isGreen, resultOf } from './result.ts';
import { runSuite } from './suite.ts';
import { recordingOf } from './testing/recording.ts';

const table = notesTable();
const today = '2026-01-31';
const keys = {
  make: 'POST /notes',
  drop: 'DELETE /notes/:note_id',
  rename: 'PUT /notes/:note_id/title',
  say: 'POST /notes/:note_id/lines',
  scan: 'POST /notes/:note_id/scans',
};

async function startNotes() {
  let replies = 0;
  const app = notesApp(async () => `reply ${replies++}`);
  const server = serve(app);
  await server.start();
  return { url: server.url, close: () => server.stop() };
}

let recording: Recording;
beforeAll(async () => {
  const legacy = await startNotes();
  recording = await recordingOf(table, legacy.url, async (ask) => {
    const { body } = await ask('POST', '/notes');
    const { id } = JSON.parse(Buffer.from(body).toString()) as { id: string };
    await ask('PUT', `/notes/${id}/title`, { title: 'Renamed' });
    await ask('PUT', '/notes/unknown/title', { title: 'Of nobody' });
    await ask('POST', `/notes/${id}/lines`, { text: '' });
    for (const text of ['again', 'again']) await ask('POST', `/notes/${id}/lines`, { text });
    await ask('POST', `/notes/${id}/scans`, { name: 'one' });
    await ask('POST', `/notes/${id}/scans`, { name: 'one' });
    await ask('DELETE', '/notes/unknown');
    await ask('DELETE', `/notes/${id}`);
  });
  await legacy.close();
});

async function verdictsOf(tried: RouteTable) {
  const legacy = await startNotes();
  onTestFinished(() => legacy.close());
  const trials = new ProbeTrials(tried);
  const around = trials.around(recording, legacy.url);
  await replay({ table: tried, url: legacy.url, recording, rules: [], today, around });
  return trials.verdicts();
}

const withProbe = (key: string, change: object): RouteTable => ({
  ...table,
  routes: table.routes.map((route) =>
    route.key === key ? { ...route, probe: { ...route.probe, ...change } as Probe } : route,
  ),
});

it('proves right probes, and says which were never tried', async () => {
  const proven = { state: 'proven' };
  const all = { [keys.make]: proven, [keys.drop]: proven, [keys.rename]: proven };
  expect(await verdictsOf(table)).toEqual({ ...all, [keys.say]: proven, [keys.scan]: proven });
  const { exchanges } = recording;
  recording = { ...recording, exchanges: exchanges.filter(({ route }) => route !== keys.rename) };
  onTestFinished(() => {
    recording = { ...recording, exchanges };
  });
  expect((await verdictsOf(table))[keys.rename]).toEqual({ state: 'untried' });
});

const request = (at: `$${string}`): Place => ({ in: 'request', at });
const path = (name: string): Place => ({ in: 'path', name });

it.each<[what: string, key: string, change: object, fault: string]>([
  ['another field', keys.rename, { field: 'titel' }, 'a field that the probe compares is missing'],
  ['a field of another meaning', keys.rename, { field: 'created_at' }, 'does not find it'],
  ['another value', keys.rename, { to: request('$.name') }, 'does not find it'],
  ['another entity', keys.rename, { where: { title: path('note_id') } }, 'none of the 2 writes'],
  ['another list', keys.rename, { at: '$.notes' }, 'has no list at $.notes'],
  ['another read', keys.rename, { read: 'GET /notes/:note_id/lines', at: '$.lines' }, 'none of the 2 writes'],
  ['another id', keys.make, { id: 'key' }, 'does not find it'],
  ['another time', keys.make, { fits: { made_at: 'time-of-write' } }, 'does not find it'],
  ['nothing compared', keys.make, { fits: {} }, 'one beside it that was never sent'],
  ['a tail of another length', keys.say, { grows: 3 }, 'does not find it'],
  ['a tail of other texts', keys.say, { tail: [{ text: request('$.reply') }] }, 'does not find it'],
  ['any tail', keys.say, { tail: [{}, {}] }, 'one beside it that was never sent'],
  ['gone by another name', keys.drop, { where: { title: path('note_id') } }, 'none of the 2 writes'],
  [
    'gone by no name',
    keys.drop,
    { where: { key: path('note_id') } },
    'a field that the probe compares is missing',
  ],
  [
    'an end by another name',
    keys.scan,
    { at: '$.done', ended: undefined, id: 'scan_id' },
    'does not find it',
  ],
])('finds a broken probe: %s', async (_what, key, change, fault) => {
  const { [key]: broken, ...others } = await verdictsOf(withProbe(key, change));
  expect(broken).toEqual({ state: 'wrong', fault: expect.stringContaining(fault) });
  expect(Object.values(others).map(({ state }) => state)).not.toContain('wrong');
});

it('gives a route with a broken probe no evidence, and says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'probes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tried = withProbe(keys.rename, { field: 'titel' });
  const probes = new ProbeTrials(tried);
  const outcomes = await runSuite({
    table: tried,
    recordings: [recording],
    rules: [],
    today,
    probes,
    startLegacy: startNotes,
    startNew: startNotes,
  });
  const found = { table: tried, rules: [], today, outcomes, implemented: undefined };
  const result = resultOf({ ...found, probes: probes.verdicts() });
  expect([result.divergent, isGreen(result), isGreen(resultOf(found))]).toEqual([0, false, true]);
  const said = resultLines(result, {}, (_style, text) => text).filter((line) => line.includes('probe'));
  expect(said).toEqual([
    expect.stringContaining(`The probe of ${keys.rename} is wrong, so the route gets no evidence: test #2`),
  ]);

  const fingerprints = { code: 'sha256:a', recordings: 'sha256:b', retired: [] };
  const before = { fault: 'There is no evidence yet.' };
  const file = join(folder, 'evidence.json');
  await writeEvidence(file, evidenceOf({ result, outcomes, rules: [], fingerprints, before }));
  const { lacking } = committedEvidence({ file, running: fingerprints, command: 'make it' });
  expect(lacking(keys.rename)).toContain(`The route table's probe of \`${keys.rename}\` is wrong: test #2`);
  expect([lacking(keys.say), lacking(keys.make), lacking('GET /notes')]).toEqual([
    undefined,
    undefined,
    expect.stringContaining('No recording covers'),
  ]);
});

/** The generator on an application of another kind: what it draws, what it finds, and what it writes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listRecordings, readRecording } from '@banyan/gateway/record/read-recording.ts';
import { type CampaignOptions, campaign } from '@banyan/suite/fuzz/campaign.ts';
import type { Confirmed } from '@banyan/suite/fuzz/confirm.ts';
import type { Find } from '@banyan/suite/fuzz/hunt.ts';
import { runSuite } from '@banyan/suite/suite.ts';
import { type Alter, startAlteringProxy, withBody } from '@banyan/suite/testing/altering-proxy.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startNotesApp } from './app.ts';
import { notesGrammar } from './application.ts';
import { notesTable } from './table.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'banyan-fuzz-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Run {
  startNew: CampaignOptions['startNew'];
  seed?: number;
  runs?: number;
  lanes?: number;
}

async function run({ startNew, seed = 1, runs = 20, lanes = 2 }: Run) {
  const found: { find: Find; confirmed: Confirmed }[] = [];
  const tally = await campaign({
    table: notesTable,
    grammar: notesGrammar,
    rules: [],
    today: '2026-01-31',
    folder,
    seed,
    runs,
    startNew,
    lanes,
    most: 1,
    patience: { agree: 300, longest: 300, quiet: 300 },
    startLegacy: () => startNotesApp(),
    onFind: (find, confirmed) => void found.push({ find, confirmed }),
  });
  return { tally, found };
}

/** A correct application behind a proxy that answers wrongly. */
const altered = (alter: Alter) => async () => {
  const app = await startNotesApp();
  const proxy = await startAlteringProxy(app.url, alter);
  return {
    url: proxy.url,
    async close() {
      await proxy.close();
      await app.close();
    },
  };
};

it('finds nothing between two correct applications', async () => {
  const { tally, found } = await run({ startNew: () => startNotesApp() });
  expect(found).toEqual([]);
  expect(tally.sequences).toBe(20);
  expect(tally.finds).toEqual({});
  for (const { key } of notesTable.routes) expect(tally.byRoute[key]).toBeGreaterThan(0);
}, 60_000);

it('shrinks a lost write to what shows it, and its recording fails when it is replayed', async () => {
  const startNew = () => startNotesApp({ losesDeletes: true });
  const { found } = await run({ startNew });
  const [{ find, confirmed } = expect.fail('nothing was found')] = found;
  expect(find.drawn.map(({ method }) => method)).toEqual(['POST']);
  expect(find.signature).toMatch(/^GET \/notes/);
  if (confirmed.shown !== 'by the recording') return expect.fail(confirmed.shown);
  expect(await listRecordings(folder)).toContain(confirmed.name);

  const recording = await readRecording(join(folder, `${confirmed.name}.har`));
  expect(recording.exchanges.map(({ method }) => method)).toEqual(['POST', 'DELETE', 'GET']);
  const replayed = async (ours: typeof startNew) => {
    const outcomes = await runSuite({
      table: notesTable,
      recordings: [recording],
      rules: [],
      today: '2026-01-31',
      startLegacy: () => startNotesApp(),
      startNew: ours,
    });
    return outcomes.map(({ outcome }) => outcome);
  };
  expect(await replayed(startNew)).toEqual(['matched', 'matched', 'divergent']);
  expect(await replayed(() => startNotesApp())).toEqual(['matched', 'matched', 'matched']);
}, 60_000);

it('finds a wrong byte in an answer, and leaves one request of the sequence', async () => {
  const { found } = await run({
    startNew: altered((answer, { target }) =>
      target === '/notes' ? withBody(answer, (text) => text.replace('"id"', '"Id"')) : answer,
    ),
  });
  expect(found.map(({ find }) => find.drawn.map(({ method, target }) => `${method} ${target}`))).toEqual([
    ['POST /notes'],
  ]);
}, 60_000);

it('puts the ids of each side into paths and declared places of bodies', async () => {
  const bodies: string[] = [];
  await run({
    runs: 30,
    startNew: () =>
      startNotesApp({ onRequest: (_, target, body) => target.endsWith('/link') && void bodies.push(body) }),
  });
  expect(bodies.filter((body) => /"to":\s*"[0-9a-f-]{36}"/.test(body)).length).toBeGreaterThan(3);
}, 60_000);

it('repeats itself: the same seed finds the same, and plays the same on any number of lanes', async () => {
  const startNew = () => startNotesApp({ losesDeletes: true });
  const seen = async () => {
    const { found } = await run({ startNew, seed: 43, runs: 1 });
    return found.map(({ find }) => [find.signature, find.drawn]);
  };
  const once = await seen();
  expect(once).toHaveLength(1);
  expect(await seen()).toEqual(once);
  const played = async (lanes: number) => (await run({ startNew: startNotesApp, runs: 6, lanes })).tally;
  expect(await played(1)).toEqual(await played(3));
}, 60_000);

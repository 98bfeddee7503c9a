/** What of a long recording is left of a divergence: what it takes, and nothing else. */

import type { Recording } from '@banyan/gateway/record/read-recording.ts';
import type { Compared } from '@banyan/suite/compared.ts';
import { shortestSequence } from '@banyan/suite/shortest.ts';
import { runSuite } from '@banyan/suite/suite.ts';
import type { SuiteOptions } from '@banyan/suite/suite-options.ts';
import { type Ask, recordingOf } from '@banyan/suite/testing/recording.ts';
import { expect, it } from 'vitest';
import { startNotesApp } from './app.ts';
import { notesTable } from './table.ts';

async function recorded(): Promise<Recording> {
  const app = await startNotesApp();
  try {
    return await recordingOf(notesTable, app.url, use);
  } finally {
    await app.close();
  }
}

const idOf = (answer: { body: Uint8Array }) => JSON.parse(Buffer.from(answer.body).toString()).id as string;

/** Many notes, of which one is deleted long before the list is read. */
async function use(ask: Ask): Promise<void> {
  const ids: string[] = [];
  for (let i = 0; i < 12; i += 1) ids.push(idOf(await ask('POST', '/notes', { text: `note ${i}` })));
  for (const id of ids) await ask('GET', `/notes/${id}`);
  await ask('DELETE', `/notes/${ids[7]}`);
  await ask('GET', '/nowhere');
  await ask('POST', `/notes/${ids[3]}/link`, { to: ids[4] });
  await ask('GET', '/notes');
}

async function found(recording: Recording, options: Partial<SuiteOptions>) {
  const suite: SuiteOptions = {
    table: notesTable,
    recordings: [recording],
    rules: [],
    today: '2026-01-31',
    startLegacy: () => startNotesApp(),
    startNew: () => startNotesApp({ losesDeletes: true }),
    ...options,
  };
  const divergent: Compared[] = [];
  await runSuite({
    ...suite,
    onCompared: (each) => void (each.judgement.verdict === 'divergent' && divergent.push(each)),
  });
  return { suite, first: divergent[0] ?? expect.fail('nothing diverges') };
}

it('is the note, its loss and the list, of 28 exchanges', async () => {
  const recording = await recorded();
  const { suite, first } = await found(recording, {});
  const attempts: number[] = [];
  const shortest = await shortestSequence(suite, recording, first, {
    onAttempt: (_, exchanges) => void attempts.push(exchanges),
  });
  const requests = shortest.map((index) => recording.exchanges[index]).map((each) => each?.method);
  expect(requests).toEqual(['POST', 'DELETE', 'GET']);
  expect(attempts.length).toBeLessThanOrEqual(20);
});

it('is told as far as it was found where there is no more time', async () => {
  const recording = await recorded();
  const { suite, first } = await found(recording, {});
  expect(await shortestSequence(suite, recording, first, { attempts: 0 })).toHaveLength(28);
});

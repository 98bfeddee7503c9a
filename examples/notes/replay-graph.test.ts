import { learnGraph, spotName } from '@banyan/suite/replay/graph.ts';
import { ReplayedValues } from '@banyan/suite/replay/values.ts';
import { recordingOf } from '@banyan/suite/testing/recording.ts';
import { expect, it } from 'vitest';
import { startNotesApp } from './app.ts';
import { notesTable } from './table.ts';

const idOf = (answer: { body: Uint8Array }) => JSON.parse(Buffer.from(answer.body).toString()).id as string;

async function recorded() {
  const app = await startNotesApp();
  try {
    return await recordingOf(notesTable, app.url, async (ask) => {
      const one = idOf(await ask('POST', '/notes', { text: 'one' }));
      const two = idOf(await ask('POST', '/notes', { text: `see ${one}` }));
      await ask('POST', `/notes/${one}/link?from=${two}`, { to: two });
      await ask('GET', '/notes');
    });
  } finally {
    await app.close();
  }
}

it('learns who made a value and who used it', async () => {
  const { exchanges } = await recorded();
  const graph = learnGraph(exchanges);
  const uses = [...graph.values.values()]
    .filter((value) => value.uses.length > 0)
    .map(({ madeAt, uses: of }) => [
      madeAt.index,
      spotName(madeAt.spot),
      of.map(({ spot }) => spotName(spot)),
    ]);
  expect(uses).toEqual([
    [0, 'response $.id', ['path 2']],
    [1, 'response $.id', ['query from', 'request $.to']],
  ]);
  const times = [...graph.values.values()].filter(({ kind, shown }) => kind === 'time' && shown.length > 0);
  expect(times.map(({ madeAt, shown }) => [madeAt.index, shown.map(({ index }) => index)])).toEqual([
    [0, [3]],
    [1, [3]],
  ]);
});

it('puts the values of a replay where the recording has its own, and nowhere inside of a text', async () => {
  const first = (await recorded()).exchanges;
  const second = (await recorded()).exchanges;
  const values = new ReplayedValues(learnGraph(first));
  for (const [index, exchange] of first.entries()) {
    const sent = values.inRequest(index, exchange);
    const other = second[index];
    if (index === 1) expect(sent.body?.toString()).toBe(exchange.body?.toString());
    else expect([sent.target, sent.body?.toString()]).toEqual([other?.target, other?.body?.toString()]);
    if (other) values.bind(index, other.answer);
  }
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { isRunning } from '../../../tools/setup/testing/processes.ts';
import { modelFolder } from '../testing/legacy.ts';
import { EmbeddingFailedError, EmbeddingsClosedError, EmbeddingsUnavailableError } from './errors.ts';
import { type MiniLmEmbeddings, type MiniLmOptions, startEmbeddings } from './mini-lm.ts';

let embeddings: MiniLmEmbeddings;
beforeEach(() => {
  embeddings = startEmbeddings({ modelFolder });
});
afterEach(() => embeddings.close());

function start(options: Partial<MiniLmOptions>): MiniLmEmbeddings {
  const started = startEmbeddings({ modelFolder, ...options });
  onTestFinished(() => started.close());
  return started;
}

const long = (n: number) => `${n} ${'what a chunk says '.repeat(100)}`;
const chunks = (count: number) => Array.from({ length: count }, (_, n) => long(n));
/** @throws if none runs: process 0 would be this test's own group */
function processOf({ processIds: [pid] }: MiniLmEmbeddings): number {
  if (!pid) throw new Error('No process computes.');
  return pid;
}

test('starts nothing before the first text, then gives vectors of unit length, in the order of the texts', async () => {
  expect(embeddings.processIds).toEqual([]);
  const vectors = await embeddings.embedDocuments(['pump', 'seal', 'pump', '']);
  expect(vectors.map(({ length }) => length)).toEqual([384, 384, 384, 384]);
  for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
  expect(vectors[0]).toEqual(vectors[2]);
  expect(vectors[0]).not.toEqual(vectors[1]);
  expect(await embeddings.embedQuery('seal')).toEqual(vectors[1]);
  expect(await embeddings.embedDocuments([])).toEqual([]);
  expect(embeddings.processIds).toHaveLength(1);
});

test('a question waits for one text at most, however many documents wait', async () => {
  await embeddings.warm();
  const ended: string[] = [];
  const documents = chunks(10).map((text) =>
    embeddings.embedDocuments([text, text]).then(() => ended.push('document')),
  );
  const questions = ['a', 'b', 'c'].map((text) => embeddings.embedQuery(text).then(() => ended.push(text)));
  await Promise.all([...questions, ...documents]);
  // The one that was being computed is half a document.
  expect(ended.slice(0, 3)).toEqual(['a', 'b', 'c']);
});

test('a short document does not wait for the end of a long one', async () => {
  const ended: string[] = [];
  await Promise.all([
    embeddings.embedDocuments(chunks(10)).then(() => ended.push('long')),
    embeddings.embedDocuments(chunks(3)).then(() => ended.push('short')),
  ]);
  expect(ended).toEqual(['short', 'long']);
});

test('this process stays free while documents are embedded', async () => {
  await embeddings.warm();
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await embeddings.embedDocuments(chunks(15));
  delays.disable();
  // A text takes a tenth of a second.
  expect(delays.percentile(99) / 1e6).toBeLessThan(50);
});

test('the folder of the model is asked for with the first text, and a fault of it is the fault of that text', async () => {
  let asked = 0;
  const late = start({
    modelFolder: async () => {
      asked += 1;
      throw new Error('There is no Python.');
    },
  });
  expect(asked).toBe(0);
  await expect(late.embedQuery('pump')).rejects.toThrow('There is no Python.');
  expect(asked).toBeGreaterThan(0);
});

test('a process that is killed is replaced, and what it had begun is done all the same', async () => {
  const expected = await embeddings.embedDocuments(chunks(6));
  const first = processOf(embeddings);
  const again = embeddings.embedDocuments(chunks(6));
  process.kill(first, 'SIGKILL');
  expect(await again).toEqual(expected);
  const second = processOf(embeddings);
  expect(second).not.toBe(first);
  // While nothing is to be done, too.
  process.kill(second, 'SIGKILL');
  await vi.waitFor(() => expect(embeddings.processIds).toEqual([]));
  expect(await embeddings.embedDocuments(chunks(1))).toEqual(expected.slice(0, 1));
});

test('one that is killed before it is ready is replaced too', async () => {
  const vector = embeddings.embedQuery('pump');
  const first = processOf(embeddings);
  process.kill(first, 'SIGKILL');
  expect(await vector).toHaveLength(384);
  expect(processOf(embeddings)).not.toBe(first);
});

test('a text comes through the end of the process that had it, and of the next one before it is ready', async () => {
  await embeddings.warm();
  const first = processOf(embeddings);
  // It does not get to it while it is stopped.
  process.kill(first, 'SIGSTOP');
  const [one, other] = [embeddings.embedDocuments(['one']), embeddings.embedDocuments(['other'])];
  process.kill(first, 'SIGKILL');
  const next = await vi.waitUntil(() => embeddings.processIds.find((pid) => pid !== first), { interval: 1 });
  process.kill(next, 'SIGKILL');
  expect(await one).toHaveLength(1);
  expect(await other).toHaveLength(1);
  expect([first, next]).not.toContain(processOf(embeddings));
});

test('a text that takes too long fails, its process is ended, and the next text is fine', async () => {
  const hasty = start({ limits: { time: 1000 } });
  await hasty.warm();
  const first = processOf(hasty);
  process.kill(first, 'SIGSTOP');
  await expect(hasty.embedQuery('pump')).rejects.toThrow(EmbeddingFailedError);
  expect(await hasty.embedQuery('seal')).toHaveLength(384);
  await vi.waitFor(() => expect(isRunning(first)).toBe(false));
});

test('a process that takes more memory than it may is replaced after its text', async () => {
  const small = start({ limits: { memory: 50 * 1024 ** 2 } });
  expect(await small.embedQuery('pump')).toHaveLength(384);
  await vi.waitFor(() => expect(small.processIds).toEqual([]));
  expect(await small.embedDocuments(['pump', 'seal'])).toHaveLength(2);
});

test('a model that cannot be loaded is told with what is at fault, each time it is asked', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'no-model-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const none = start({ modelFolder: join(folder, 'none') });
  await expect(none.embedQuery('pump')).rejects.toThrow(EmbeddingsUnavailableError);
  await expect(none.embedDocuments(['pump'])).rejects.toThrow(join(folder, 'none'));
  await cp(modelFolder, join(folder, 'none'), { recursive: true });
  expect(await none.embedQuery('pump')).toHaveLength(384);
});

test('half of a surrogate pair has no tokens, as in legacy', async () => {
  await expect(embeddings.embedQuery('half \ud83d')).rejects.toThrow(EmbeddingFailedError);
});

test('who waits no more is told at once, and what was not begun is left', async () => {
  await embeddings.warm();
  const stop = new AbortController();
  const document = embeddings.embedDocuments(chunks(200), { signal: stop.signal });
  stop.abort(new Error('gone'));
  await expect(document).rejects.toThrow('gone');
  const begun = performance.now();
  await embeddings.embedDocuments(['pump']);
  expect(performance.now() - begun).toBeLessThan(5000);
  await expect(embeddings.embedQuery('x', { signal: stop.signal })).rejects.toThrow('gone');
});

test('two processes share the texts', async () => {
  const two = start({ processes: 2 });
  expect(await two.embedDocuments(chunks(6))).toEqual(await embeddings.embedDocuments(chunks(6)));
  expect(two.processIds).toHaveLength(2);
});

test('closing ends the process, and what waits fails', async () => {
  await embeddings.warm();
  const pid = processOf(embeddings);
  const document = embeddings.embedDocuments(chunks(10));
  const closed = expect(document).rejects.toThrow(EmbeddingsClosedError);
  await embeddings.close();
  await closed;
  expect(isRunning(pid)).toBe(false);
  await expect(embeddings.embedQuery('pump')).rejects.toThrow(EmbeddingsClosedError);
});

test('the process does not outlive one that was killed, in the middle of a text too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'orphan-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const script = join(folder, 'parent.ts');
  await writeFile(
    script,
    `import { startEmbeddings } from ${JSON.stringify(join(import.meta.dirname, 'mini-lm.ts'))};
    const embeddings = startEmbeddings({ modelFolder: ${JSON.stringify(modelFolder)} });
    await embeddings.warm();
    console.log(embeddings.processIds[0]);
    for (;;) await embeddings.embedDocuments(['${'long '.repeat(300)}']);`,
  );
  const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(isRunning(pid)).toBe(true);
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 10_000, interval: 50 });
});

/** Each part of retrieval swapped by its line of the configuration, on the whole way from an upload to an answer. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { answering, scriptedModel } from '@banyan/gateway/relay/testing.ts';
import { Closers } from '@banyan/operations/closers.ts';
import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ensureOptional } from '../../tools/setup/optional.ts';
import { until } from '../../tools/setup/testing/processes.ts';
import { OtherModelError } from '../db/embedding-model.ts';
import { onPGlite, onPostgres } from '../db/testing/both.ts';
import { aChat, at } from '../db/testing/data.ts';
import { openDatabase } from '../db/testing/migrated.ts';
import { committedCorpus } from '../ingestion/parity/run.ts';
import { findJob, insertJob } from '../jobs/store.ts';
import type { State } from '../new-backend.ts';
import { openState, type StateOptions } from '../open-state.ts';
import { noLog } from '../queue/log.ts';
import { asLegacy } from '../quirks.ts';
import { fakeEmbeddings } from '../worker/testing/embeddings.ts';
import { type RagConfiguration, ragConfiguration } from './configuration.ts';
import type { ChatFilter } from './store/chat-store.ts';
import { PostgresStore } from './store/postgres-store.ts';
import { modelFolder } from './testing/legacy.ts';

const closers = new Closers();
let folder: string;
beforeAll(() => ensureOptional());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'configuration-test-'));
});
afterEach(async () => {
  await closers.close();
  await rm(folder, { recursive: true, force: true });
});

/** A store that tells what it was asked. */
class WatchedStore extends PostgresStore {
  staged = 0;
  searched = 0;

  override addVectors(...given: Parameters<PostgresStore['addVectors']>): Promise<void> {
    this.staged += given[0].length;
    return super.addVectors(...given);
  }

  override similaritySearchVectorWithScore(query: number[], k: number, filter?: ChatFilter) {
    this.searched++;
    return super.similaritySearchVectorWithScore(query, k, filter);
  }
}

/** An OpenAI-compatible endpoint of embeddings. */
async function embeddingEndpoint() {
  const asked: { model: string; dimensions: number; texts: number }[] = [];
  const model = fakeEmbeddings();
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as { input: string | string[]; model: string; dimensions: number };
    const texts = [body.input].flat();
    asked.push({ model: body.model, dimensions: body.dimensions, texts: texts.length });
    const vectors = await model.embedDocuments(texts);
    const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }));
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ object: 'list', data }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closers.defer(async () => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked };
}

const optionsOf = (database: DatabasePlace, rag: RagConfiguration): StateOptions => ({
  folder,
  database,
  openDatabase,
  rag,
  pdfEngine: 'mupdf',
  quirks: asLegacy,
  log: noLog,
  env: {},
  model: { baseUrl: 'http://127.0.0.1:1', key: 'a-key' },
  embeddingModel: async () => modelFolder,
});

async function opened(database: DatabasePlace, rag: RagConfiguration): Promise<State> {
  const state = await openState(optionsOf(database, rag), () => at(1));
  closers.defer(() => state.close());
  return state;
}

/** @returns how many chunks it has in the end */
async function takenIn({ db, files, dispatcher }: State, chatId: string, name: string): Promise<number> {
  const writer = await files.begin();
  await writer.write(await readFile(join(committedCorpus, name)));
  const { sha256 } = await writer.finish();
  const [id, documentId] = [crypto.randomUUID(), crypto.randomUUID()];
  await insertJob(db, { id, documentId, chatId, filename: name, sha256, startedAt: at(1) });
  dispatcher.dispatch({ jobId: id, attempt: 1 });
  const job = () => findJob(db, id);
  await until(async () => ['done', 'error'].includes((await job())?.status ?? ''), 30_000, 'the job to end');
  expect(await job()).toMatchObject({ status: 'done' });
  return (await job())?.chunksAdded ?? 0;
}

function swaps(place: () => Promise<DatabasePlace>): void {
  it('another chat model, embedding model, store and splitter, each by its line', async () => {
    const database = await place();
    const vectors = await embeddingEndpoint();
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Fine.' }, finish_reason: 'stop' }];
    const chat = await scriptedModel(answering(200, { choices }));
    const stores: WatchedStore[] = [];
    const rag: RagConfiguration = {
      chatModel: ({ apiKey }) => ({ kind: 'openai', baseUrl: chat.url, apiKey, model: 'gpt-x' }),
      embeddings: { kind: 'openai', baseUrl: vectors.url, apiKey: 'k', model: 'another-model' },
      store: (...parts) => {
        const store = new WatchedStore(...parts);
        stores.push(store);
        return store;
      },
      splitter: { kind: 'recursive-characters', size: 200, overlap: 20 },
    };
    const state = await opened(database, rag);
    const id = await aChat(state.db);
    const chunks = await takenIn(state, id, 'plain.pdf');
    const { text } = await state.db
      .selectFrom('chunk_texts')
      .select((e) => e.fn.max<number>(e.fn('length', ['text'])).as('text'))
      .executeTakeFirstOrThrow();
    expect(text).toBeLessThanOrEqual(200);
    expect(vectors.asked[0]).toMatchObject({ model: 'another-model', dimensions: 384 });
    expect(stores).toHaveLength(1);
    expect(stores[0]).toMatchObject({ staged: chunks, searched: 0 });
    const answer = await state.answerer.answer(
      { chatId: id, message: 'What is it?', history: [] },
      new AbortController().signal,
    );
    expect(answer.reply).toBe('Fine.');
    expect(answer.sources.length).toBeGreaterThan(1);
    expect(stores[0]?.searched).toBe(1);
    await state.close();

    // Its vectors are of another model now, whatever their dimension.
    await expect(openState(optionsOf(database, ragConfiguration), () => at(1))).rejects.toThrow(
      OtherModelError,
    );
  }, 60_000);
}

onPGlite(() => swaps(async () => ({ folder: join(folder, 'database') })));
onPostgres((database) => swaps(async () => ({ url: await database.fresh() })));

it('what is in use is what legacy has', () => {
  const endpoint = { baseUrl: 'http://127.0.0.1:1', apiKey: 'k' };
  expect(ragConfiguration.chatModel(endpoint)).toEqual({ kind: 'gemini', ...endpoint });
  expect(ragConfiguration).toMatchObject({
    embeddings: { kind: 'minilm' },
    splitter: { kind: 'word-windows', size: 1000, overlap: 200 },
  });
});

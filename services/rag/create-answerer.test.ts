import { answering, scriptedModel, testRelay } from '@banyan/gateway/relay/testing.ts';
import { tracedRequest } from '@banyan/operations/tracing/spans.ts';
import { traceToReceiver } from '@banyan/operations/tracing/testing/receiver.ts';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { chatbotVoice } from '../../contract/stand-in.ts';
import { ensureOptional } from '../../tools/setup/optional.ts';
import { onBothDatabases } from '../db/testing/both.ts';
import { aChat, aClaim, aDocument, anUpload, ends } from '../db/testing/data.ts';
import type { Db } from '../db/transaction.ts';
import { publish } from '../jobs/publish.ts';
import type { NewChunk } from '../rows/chunks.ts';
import type { Question, Turn } from './answerer.ts';
import { type ChatModelSettings, createChatModel } from './configuration.ts';
import { type AnswererOptions, type AnswerFault, createAnswerer } from './create-answerer.ts';
import { type MiniLmEmbeddings, startEmbeddings } from './embeddings/mini-lm.ts';
import { PostgresStore } from './store/postgres-store.ts';
import { type LegacyRetrieval, legacyRetrieval, modelFolder } from './testing/legacy.ts';

let embeddings: MiniLmEmbeddings;
let legacy: LegacyRetrieval;
beforeAll(async () => {
  embeddings = startEmbeddings({ modelFolder });
  legacy = await legacyRetrieval();
});
afterAll(async () => {
  await embeddings.close();
  await legacy.close();
});

const texts = [
  'The quick brown fox jumps over the lazy dog near the river bank.',
  'Invoices are due within thirty days. Late payments cost two percent a month.',
  'The warranty covers the pump for five years, and its seals for one.',
  `${'Long beginnings are the same. '.repeat(5)}Only the end speaks of the pump and its seals.`,
  `${'Long beginnings are the same. '.repeat(5)}Only the end speaks of the warranty of the pump.`,
  'Table 1 on page 4: Headers: part | price pump | 120 seal | 7',
];
const metadataOf = (index: number, source = 'manual _1_.pdf') => ({
  doc_id: 'doc',
  doc_type: 'pdf',
  page: String(index + 1),
  source,
  type: index === 5 ? 'table' : 'text',
});
const withVectors = async (metadata: (index: number) => Record<string, string>): Promise<NewChunk[]> => {
  const vectors = await embeddings.embedDocuments(texts);
  return texts.map((text, index) => ({ text, metadata: metadata(index), embedding: vectors[index] ?? [] }));
};
const ask = (chatId: string, message: string, rest: Partial<Question> = {}): Question => ({
  chatId,
  message,
  history: [],
  ...rest,
});
const never = new AbortController().signal;
/** What the chain is made of. */
const partsOf = ({ db, chatModel, model = embeddings }: PartsOptions) => ({
  ...createChatModel(chatModel),
  store: new PostgresStore(model, { db }),
});
interface PartsOptions {
  db: Db;
  chatModel: ChatModelSettings;
  model?: MiniLmEmbeddings;
}

onBothDatabases((database) => {
  const answerer = (baseUrl: string, options: Partial<AnswererOptions> = {}) => {
    const { db } = database;
    const faults: AnswerFault[] = [];
    const chatModel = { kind: 'gemini', baseUrl, apiKey: 'a-key' } as const;
    const parts = partsOf({ db, chatModel });
    const made = createAnswerer({ ...parts, onFault: (fault) => faults.push(fault), ...options });
    return { faults, answer: (question: Question, signal = never) => made.answer(question, signal) };
  };
  const echoing = () =>
    scriptedModel((response, call) =>
      answering(200, { candidates: [{ content: { parts: [{ text: call.body }] } }] })(response, call),
    );

  it('asks as legacy asks, and shows the sources that legacy shows, in its order', async () => {
    const id = await aChat(database.db);
    await aDocument(database.db, id, 'manual (1).pdf', await withVectors(metadataOf));
    const chunks = texts.map((text, index) => ({ text, metadata: metadataOf(index) }));
    await legacy.call('add', id, chunks);
    const model = await echoing();
    const { answer } = answerer(model.url);
    for (const message of ['How long is the warranty of the pump?', 'What does a seal cost?', 'fox']) {
      const found = await legacy.call('retrieve', id, message);
      expect(found).toHaveLength(5);
      const history: Turn[] = [
        { role: 'user', text: 'Hello' },
        { role: 'model', text: null },
        { role: 'user', text: 'half \ud83d' },
        { role: 'model', text: '' },
      ];
      const { reply, sources } = await answer(ask(id, message, { history }));
      expect(sources).toEqual(await legacy.call('build_sources', found));
      const prompt = await legacy.call('build_prompt', message, found);
      const legacyTurns = history.map(({ role, text }) => ({ role, parts: [text] as [string | null] }));
      const theirs = await legacy.call('ask', model.url, legacyTurns, prompt);
      expect(JSON.parse(reply ?? '')).toEqual(JSON.parse(theirs ?? ''));
      expect(JSON.parse(reply ?? '').contents).toHaveLength(5);
    }
  });

  it('looks for nothing where the chat has no published document, and starts no model for it', async () => {
    const { db } = database;
    const id = await aChat(db);
    await anUpload(db, id);
    const cold = startEmbeddings({ modelFolder });
    const parts = partsOf({
      db,
      model: cold,
      chatModel: { kind: 'gemini', baseUrl: (await echoing()).url, apiKey: 'a-key' },
    });
    for (const chatId of [id, 'nobody'])
      expect(await createAnswerer(parts).answer(ask(chatId, 'x'), never)).toEqual({
        reply: '{"contents":[{"parts":[{"text":"Please answer the following message: x"}],"role":"user"}]}',
        sources: [],
      });
    expect(cold.processIds).toEqual([]);
    await cold.close();
  });

  it('answers without context where retrieval fails: half a surrogate pair, as in legacy', async () => {
    const { db } = database;
    const id = await aChat(db);
    await aDocument(db, id, 'a.pdf', await withVectors(metadataOf));
    const { answer, faults } = answerer((await echoing()).url);
    const { reply, sources } = await answer(ask(id, 'half \ud83d'));
    expect(sources).toEqual([]);
    expect(JSON.parse(reply ?? '').contents[0].parts[0].text).toBe(
      'Please answer the following message: half \ud83d',
    );
    expect(faults).toMatchObject([{ stage: 'retrieval' }]);
    await legacy.call('add', id, [{ text: 'x', metadata: metadataOf(0) }]);
    expect(await legacy.call('retrieve', id, 'half \ud83d')).toEqual([]);
  });

  it('answers through the relay with the built-in stand-in, and names the operation and the trace to it', async () => {
    const { db } = database;
    const id = await aChat(db);
    await aDocument(db, id, 'a.pdf', await withVectors(metadataOf));
    const relay = await testRelay({ kind: 'stand-in' }, { standIn: chatbotVoice });
    const parts = partsOf({
      db,
      chatModel: { kind: 'gemini', baseUrl: relay.url, apiKey: relay.key },
    });
    const { reply, sources } = await createAnswerer(parts).answer(
      ask(id, 'How long is the warranty of the pump?'),
      never,
    );
    expect(reply).toContain('The warranty covers the pump for five years');
    expect(sources[0]).toMatchObject({ id: 1, page: '3', location: 'Page 3', doc_type: 'pdf' });
    expect(relay.calls).toMatchObject([{ status: 200, model: 'models/gemini-2.0-flash-exp' }]);
    const model = await echoing();
    const { answer } = answerer(model.url);
    await answer(ask(id, 'x', { operationId: 'operation-1' }));
    await answer(ask(id, 'x'));
    expect(model.calls.map(({ headers }) => headers['x-banyan-operation'])).toEqual([
      'operation-1',
      undefined,
    ]);
    expect(model.calls.map(({ headers }) => headers.traceparent)).toEqual([undefined, undefined]);
    const tracing = await traceToReceiver();
    await tracedRequest(
      {},
      () => ['request', {}],
      () => answer(ask(id, 'x')),
    );
    const [request] = (await tracing.spans()).filter(({ name }) => name === 'request');
    expect(model.calls[2]?.headers.traceparent).toBe(`00-${request?.traceId}-${request?.spanId}-01`);
  });

  it('replies what a failing model says, shows the sources all the same, and asks once', async () => {
    const { db } = database;
    const id = await aChat(db);
    await aDocument(db, id, 'a.pdf', await withVectors(metadataOf));
    const model = await scriptedModel(answering(503, { error: { code: 503, status: 'UNAVAILABLE' } }));
    const { answer, faults } = answerer(model.url);
    const { reply, sources } = await answer(ask(id, 'fox'));
    expect(reply).toBe(
      "I encountered an error: 503 UNAVAILABLE. {'error': {'code': 503, 'status': 'UNAVAILABLE'}}",
    );
    expect(sources).toHaveLength(5);
    expect(model.calls).toHaveLength(1);
    expect(faults).toMatchObject([{ stage: 'model' }]);
  });

  it('shows the listed name where that is wanted, and asks with the other one still', async () => {
    const { db } = database;
    const id = await aChat(db);
    const model = await echoing();
    const claim = await aClaim(db, id, 'manual (1).pdf');
    const { document_id: doc_id } = await db
      .selectFrom('jobs')
      .select('document_id')
      .where('id', '=', claim.jobId)
      .executeTakeFirstOrThrow();
    const store = new PostgresStore(embeddings, { db });
    await store.addDocuments(
      texts.map((pageContent, index) => ({
        pageContent,
        metadata: { ...metadataOf(index), doc_id: doc_id ?? '' },
      })),
      { claim, first: 0 },
    );
    await publish(db, claim, { ...ends, chunkCount: texts.length });
    await aDocument(db, id, 'imported.pdf', (await withVectors(metadataOf)).slice(0, 1));
    const names = async (sanitisedNames: boolean) => {
      const { answer } = answerer(model.url, { sanitisedNames });
      const { reply, sources } = await answer(ask(id, 'seal'));
      expect(reply).toContain('[Source 1: manual _1_.pdf - ');
      return new Set(sources.map(({ source }) => source));
    };
    expect(await names(false)).toEqual(new Set(['manual (1).pdf']));
    expect(await names(true)).toEqual(new Set(['manual _1_.pdf']));
  });
});

describe('an answer that nobody waits for', () => {
  test('ends with the reason, and hangs up on the model', async () => {
    const hungUp = Promise.withResolvers<void>();
    const model = await scriptedModel((response) => {
      response.once('close', () => hungUp.resolve());
      stop.abort(new Error('gone'));
    });
    const stop = new AbortController();
    const answerer = createAnswerer({ ...partsOf(offline(model.url)) });
    await expect(answerer.answer(ask('nobody', 'x'), stop.signal)).rejects.toThrow('gone');
    await hungUp.promise;
    await expect(answerer.answer(ask('nobody', 'x'), stop.signal)).rejects.toThrow('gone');
    expect(model.calls).toHaveLength(1);
  });
});

test('any chat model of LangChain takes the place of Gemini', async () => {
  const { store } = partsOf(offline('http://127.0.0.1:1'));
  const answerer = createAnswerer({
    store,
    chatModel: async () => new FakeListChatModel({ responses: ['Fine.'] }),
  });
  expect(await answerer.answer(ask('nobody', 'x'), never)).toEqual({ reply: 'Fine.', sources: [] });
});

beforeAll(() => ensureOptional());

test.each([
  [
    'google-genai',
    (baseUrl: string) => ({ kind: 'google-genai', baseUrl, apiKey: 'k' }) as const,
    '/v1beta/models/gemini-2.0-flash-exp:generateContent',
    { candidates: [{ content: { role: 'model', parts: [{ text: 'Fine.' }] }, finishReason: 'STOP' }] },
  ],
  [
    'openai',
    (baseUrl: string) => ({ kind: 'openai', baseUrl, apiKey: 'k', model: 'gpt-x' }) as const,
    '/chat/completions',
    { choices: [{ index: 0, message: { role: 'assistant', content: 'Fine.' }, finish_reason: 'stop' }] },
  ],
])('LangChain’s own class of %s is one setting away, and asks once', async (_, settings, path, body) => {
  const history: Turn[] = [
    { role: 'user', text: 'Hello' },
    { role: 'model', text: 'Hi' },
  ];
  const model = await scriptedModel(answering(200, body));
  const parts = partsOf({ ...offline(''), chatModel: settings(model.url) });
  const question = ask('nobody', 'x', { history, operationId: 'operation-1' });
  expect(await createAnswerer(parts).answer(question, never)).toEqual({ reply: 'Fine.', sources: [] });
  expect(model.calls).toMatchObject([{ url: path, method: 'POST' }]);
  expect(model.calls[0]?.body).toMatch(/Hello.*Hi.*Please answer the following message: x/s);
  const failing = await scriptedModel(answering(503, { error: { code: 503, message: 'The model sleeps' } }));
  const other = partsOf({ ...offline(''), chatModel: settings(failing.url) });
  const { reply } = await createAnswerer(other).answer(question, never);
  expect(reply).toMatch(/^I encountered an error: .*The model sleeps/);
  expect(failing.calls).toHaveLength(1);
});

/** Parts whose database has nothing in it. */
function offline(baseUrl: string) {
  const db = { selectFrom: () => query } as never;
  const query: object = new Proxy(
    {},
    { get: (_, name) => (name === 'executeTakeFirst' ? async () => undefined : () => query) },
  );
  return {
    db,
    chatModel: { kind: 'gemini', baseUrl: baseUrl || 'http://127.0.0.1:1', apiKey: 'a-key' } as const,
  };
}

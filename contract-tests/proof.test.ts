/** The suite on the real backends: they agree, legacy agrees with itself, and every wrong answer is found where it is wrong. */
import { join } from 'node:path';
import type { ModelCallSeen } from '@banyan/compare/model-calls.ts';
import { listRecordings, type Recording, readRecording } from '@banyan/gateway/record/read-recording.ts';
import { readAccepted } from '@banyan/suite/accepted.ts';
import type { ExchangeOutcome } from '@banyan/suite/compared.ts';
import { checkGraph } from '@banyan/suite/graph-check.ts';
import { isGreen, resultOf } from '@banyan/suite/result.ts';
import type { RunningBackend } from '@banyan/suite/running-backend.ts';
import { runSuite } from '@banyan/suite/suite.ts';
import {
  type Alter,
  startAlteringProxy,
  withBody,
  withHeader,
} from '@banyan/suite/testing/altering-proxy.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chatbotTable } from '../services/chatbot-table.ts';
import { type ChatbotBackends, freshBackends } from './fresh/backends.ts';
import { setUp } from './setup.ts';

const here = import.meta.dirname;
const root = join(here, '..');
const today = '2026-01-31';
let backends: ChatbotBackends;
let scripted: Recording;
let rules: Awaited<ReturnType<typeof readAccepted>>;

beforeAll(async () => {
  const setup = await setUp();
  backends = await freshBackends({ root, table: chatbotTable, ...setup });
  scripted = await readRecording(join(here, 'recordings/scripted-use.har'));
  rules = await readAccepted(join(here, 'accepted.yaml'));
});
afterAll(() => backends.close());

/** A fault that the suite waits on, as it waits for an upload, costs the whole patience. */
const patience = 3000;

const run = (
  recording: Recording,
  startNew: () => Promise<RunningBackend>,
  waits: { patience?: number } = { patience },
) =>
  runSuite({
    table: chatbotTable,
    recordings: [recording],
    rules,
    today,
    startLegacy: backends.startLegacy,
    startNew,
    ...waits,
  });

it('finds a prompt that differs, at the exchange that caused it, and a call that nothing explains', async () => {
  const ours = async (): Promise<RunningBackend> => {
    const legacy = await backends.startLegacy();
    let call = 0;
    const take = () =>
      (legacy.modelCalls?.take() ?? []).flatMap((each) => {
        call += 1;
        if (call === 2) return [edited(each, 'Grüße', 'Gruesse')];
        return call === 4 ? [each, edited(each, /$/, ' And then?')] : [each];
      });
    return { ...legacy, modelCalls: { take } };
  };
  const found = divergences(await run(scripted, ours)).map(({ request, differences }) => {
    const [first] = differences;
    return `${request.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'ID')}: ${first?.place}`;
  });
  expect(found).toEqual([
    'POST /api/chats/ID/messages: model call 1 $.contents[2].parts[0].text',
    'POST /api/chats/ID/messages: model calls',
  ]);
}, 60_000);

function edited(call: ModelCallSeen, from: string | RegExp, to: string): ModelCallSeen {
  const contents = (call.request.contents as { parts: { text: string }[] }[]).map((turn, i, all) =>
    i < all.length - 1
      ? turn
      : { ...turn, parts: turn.parts.map(({ text }) => ({ text: text.replace(from, to) })) },
  );
  return { ...call, request: { ...call.request, contents } };
}

const divergences = (outcomes: ExchangeOutcome[]) =>
  resultOf({ table: chatbotTable, rules, today, outcomes, implemented: undefined }).divergences;

async function committed(names?: string[]): Promise<Recording[]> {
  const folder = join(here, 'recordings');
  const all = names ?? (await listRecordings(folder));
  return Promise.all(all.map((name) => readRecording(join(folder, `${name}.har`))));
}

/**
 * Reading documents is most of a run's time: what has more of them is left to `npm run contract`, without which no flip. Only
 * `unicode` has what some rules accept, and a rule that explains nothing is a fault.
 */
const MOST_DOCUMENTS = 3;
const documentsIn = ({ exchanges }: Recording) =>
  exchanges.filter(({ answer }) => answer.status === 202).length;

it('finds recordings true, and no divergence between legacy and the new backend; all routes are covered', async () => {
  const everyone = await committed();
  const recordings = everyone.filter(
    (recording) => documentsIn(recording) <= MOST_DOCUMENTS || recording.name === 'unicode',
  );
  expect(recordings.length).toBeGreaterThanOrEqual(12);
  const { startLegacy, startNew } = backends;
  const inForce = rules.filter(({ quirk }) => quirk === undefined);
  const outcomes = await runSuite({
    table: chatbotTable,
    recordings,
    rules: inForce,
    today,
    startLegacy,
    startNew,
  });
  const values = checkGraph(chatbotTable, everyone);
  const result = resultOf({
    table: chatbotTable,
    rules: inForce,
    today,
    outcomes,
    implemented: undefined,
    everything: true,
    values,
  });
  expect(result.divergences).toEqual([]);
  expect(isGreen(result)).toBe(true);
  const states = Object.values(result.routes).map(({ state }) => state);
  expect(states.filter((state) => !state.startsWith('same'))).toEqual([]);
}, 600_000);

it.each(['scripted-use', 'chat-page', 'concurrent-use'])(
  'finds nothing between two fresh legacy apps in %s: what differs is what the rules explain',
  async (name) => {
    for (const recording of await committed([name])) {
      const outcomes = await run(recording, backends.startLegacy, {});
      expect(divergences(outcomes)).toEqual([]);
      expect(outcomes.filter(({ outcome }) => outcome === 'untested')).toEqual([]);
    }
  },
  120_000,
);

/** The request, which of its repetitions (from 0), what is done to its answer, and where the suite has to see it. */
const faults: [request: string, nth: number, alter: Alter, place: string][] = [
  ['GET /api/health', 0, edit(/"healthy"/, '"Healthy"'), 'body $.status'],
  [
    'GET /api/health',
    1,
    edit(/T(\d\d)/, (_, hour) => `T${String((Number(hour) + 1) % 24).padStart(2, '0')}`),
    'body $.timestamp',
  ],
  [
    'HEAD /api/health',
    0,
    (answer) => withHeader(answer, 'Content-Length', () => '102'),
    'header Content-Length',
  ],
  [
    'OPTIONS /api/health',
    0,
    (answer) => withHeader(answer, 'Allow', (v) => v.replace(/, OPTIONS|OPTIONS, /, '')),
    'header Allow',
  ],
  [
    'OPTIONS /api/health',
    1,
    (answer) => withHeader(answer, 'Access-Control-Allow-Headers', (v) => v.split(', ').reverse().join(', ')),
    'header Access-Control-Allow-Headers',
  ],
  ['GET /api/chats', 0, edit(/\n$/, ''), 'body $'],
  ['POST /api/chats', 0, edit('New Chat 1', 'New Chat 2'), 'body $.title'],
  ['POST /api/chats', 1, (answer) => ({ ...answer, status: 200, reason: 'OK' }), 'status'],
  ['GET /api/chats', 1, edit(/^ {4}/gm, '\t'), 'body $[0].created_at'],
  ['GET /api/chats', 2, (answer) => withHeader(answer, 'Vary', () => undefined), 'header Vary'],
  ['PUT /api/chats/ID/rename', 0, edit('renamed', 'Renamed'), 'body $.message'],
  ['PUT /api/chats/ID/rename', 5, edit('line 1', 'line 2'), 'body $.error'],
  ['PUT /api/chats/ID/rename', 6, (answer) => ({ ...answer, status: 415 }), 'status'],
  ['GET /api/chats', 3, edit(/\\u2019/, '\\u2018'), 'body $[0].title'],
  ['POST /api/chats/ID/messages', 1, edit(/"reply": "/, '"reply": " '), 'body $.reply'],
  ['GET /api/chats', 4, edit('\\ud83d', '\\uD83D'), 'body $[1].title'],
  ['GET /api/chats/ID', 2, edit('"user"', '"bot"'), 'body $[0].sender'],
  ['POST /api/chats/ID/upload-pdf', 1, edit('already uploaded', 'was uploaded'), 'body $.error'],
  ['POST /api/chats/ID/messages', 6, edit('"Page 1"', '"Page 2"'), 'body $.sources[0].location'],
  ['POST /api/chats/ID/messages', 7, edit(/"sources": \[\n {4}\{[^}]*\},/, '"sources": ['), 'body $.sources'],
  ['GET /api/pdfs', 0, edit(/"chunks": \d/, '"chunks": 9'), 'body $.pdfs[0].chunks'],
  ['DELETE /api/chats/ID/pdfs/walrus.pdf', 0, edit(/[0-9a-f]{8}-/, '00000000-'), 'body $.chat_id'],
  ['GET /nowhere?q=%3Cb%3E', 0, edit('Not Found', 'Not found'), 'body bytes at 46'],
  [
    'PATCH /api/chats',
    0,
    (answer) => withHeader(answer, 'Access-Control-Allow-Origin', () => undefined),
    'header Access-Control-Allow-Origin',
  ],
];

function edit(from: string | RegExp, to: string | ((...found: string[]) => string)): Alter {
  return (answer) => withBody(answer, (text) => text.replace(from, to as string));
}

it('finds each of many wrong answers at its place, and nothing else', async () => {
  const counts = new Map<string, number>();
  const applied = new Set<unknown>();
  const ours = async (): Promise<RunningBackend> => {
    const legacy = await backends.startLegacy();
    const proxy = await startAlteringProxy(legacy.url, (answer, asked, forward) => {
      const request = `${asked.method} ${asked.target}`.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'ID');
      const nth = counts.get(request) ?? 0;
      counts.set(request, nth + 1);
      const fault = faults.find(([of, which]) => of === request && which === nth);
      if (!fault) return answer;
      applied.add(fault);
      return fault[2](answer, asked, forward);
    });
    return {
      url: proxy.url,
      clock: legacy.clock,
      async close() {
        await proxy.close();
        await legacy.close();
      },
    };
  };
  const found = divergences(await run(scripted, ours)).map(({ request, differences }) => {
    const [first] = differences;
    return `${request.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'ID')}: ${first?.place}`;
  });
  const expected = faults.map(([request, , , place]) => `${request}: ${place}`);
  expect(faults.filter((fault) => !applied.has(fault)).map(([request, nth]) => `${request} #${nth}`)).toEqual(
    [],
  );
  expect(found.toSorted()).toEqual(expected.toSorted());
}, 120_000);

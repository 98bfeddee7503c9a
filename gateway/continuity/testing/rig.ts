/** A gateway's continuity between two applications of notes: legacy over HTTP, `new` in this process, as they run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstHeader } from '@banyan/compare/headers.ts';
import type { AnyDatabase } from '@banyan/operations/db/transaction.ts';
import { internalHeaders } from '@banyan/operations/internal-headers.ts';
import { traceparent } from '@banyan/operations/tracing/spans.ts';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { type Selectable, sql } from 'kysely';
import { onTestFinished } from 'vitest';
import { httpBackend } from '../../backends/http/http-backend.ts';
import { inProcessBackend } from '../../backends/in-process/in-process-backend.ts';
import { tracedBackend } from '../../backends/traced.ts';
import type { Mode } from '../../flags/model.ts';
import { silentLog } from '../../log.ts';
import type { PublicOriginOptions } from '../../public-origin.ts';
import { wholeAnswer } from '../../relay/gemini-format/answer.ts';
import type { ModelProvider } from '../../relay/provider.ts';
import { startRelay } from '../../relay/relay.ts';
import { flagsOf } from '../../test/support/flags.ts';
import { type Origin, openOrigin } from '../../test/support/origin.ts';
import { Alarms } from '../alarms/alarms.ts';
import { alarmFile } from '../alarms/stored.ts';
import { type OpenContinuity, openContinuity } from '../continuity.ts';
import { type EntryTable, JOURNAL_SCHEMA, journalOf } from '../journal/tables.ts';
import { Tie } from '../model-calls/tie.ts';
import type { ContinuityOptions } from '../options.ts';
import type { Shadow } from '../shadow/shadow.ts';
import type { SyncSource } from '../sync/source.ts';
import { untilEven } from './even.ts';
import { type AskModel, type NotesApp, notesApp } from './notes-app.ts';
import { notesTable } from './notes-table.ts';
import { answerOf, decoded, serve } from './serve-app.ts';

export interface Answer {
  status: number;
  text: string;
  json: unknown;
  headers: Headers;
}

export interface Rig {
  table: RouteTable;
  legacy: NotesApp;
  new: NotesApp;
  continuity: OpenContinuity;
  /** Paid model calls. */
  paid: string[];
  /** What the model says; the prompt with a number unless told. */
  model: (prompt: string) => Promise<string> | string;
  /** Of the gateway. */
  readonly url: string;
  /** Its log so far. */
  readonly log: Origin['log'];
  /** One route, or all of them. */
  flip(mode: Mode, key?: string): void;
  ask(method: string, target: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Creates a note and gives its id. */
  make(): Promise<string>;
  /** Resolves once both sides have everything. */
  even(): Promise<void>;
  /** Resolves once no read is being asked of the other side. */
  shadowed(): Promise<void>;
  readonly shadow: Shadow;
  /** The next line of the gateway's log that fits, or one that is there already. */
  logged: Origin['logged'];
  /** Journal rows of a route, the last first. */
  entries(route: string): Promise<Selectable<EntryTable>[]>;
  /** The gateway goes: nothing of what it was about is begun any more. What is under way must be at a failpoint that throws. */
  kill(): void;
  /** The gateway ends, for tests with many of them; the end of a test sees to the last one. */
  close(): Promise<void>;
  /** Another one comes up on the same journal. */
  restart(): Promise<void>;
  /** What could not be written into PostgreSQL yet. */
  spilled(): Promise<string[]>;
  /** Files that hold the bodies of writes. */
  bodies(): Promise<string[]>;
  stopLegacy(): Promise<void>;
  startLegacy(): Promise<void>;
  /** Legacy's process ends, and another one starts. */
  restartLegacy(): Promise<void>;
  tie: Tie;
}

export interface RigOptions {
  /** The longest that a backend may take, in milliseconds. */
  longest?: number;
  patience?: ContinuityOptions['patience'];
  db?: ContinuityOptions['db'];
  onClaimLost?: ContinuityOptions['onClaimLost'];
  shadow?: PublicOriginOptions['shadow'];
  rules?: ContinuityOptions['rules'];
  keepFor?: ContinuityOptions['keepFor'];
  disk?: ContinuityOptions['disk'];
  freeBytes?: ContinuityOptions['freeBytes'];
  /** Another table than that of the notes. */
  table?: (notes: RouteTable) => RouteTable;
  /** What legacy has before the gateway first starts. */
  legacyHas?: (legacy: NotesApp) => void;
  /** What brings notes to `new` in the first sync; both sides are only compared unless told. */
  sources?: (legacy: NotesApp, fresh: NotesApp) => SyncSource[];
  /** The mode of all routes at the start; `legacy` unless told. */
  mode?: Mode;
  /** Serves before the first sync has looked at anything. */
  startsAtOnce?: boolean;
  /** How `new` is made to show a note as legacy does; it puts title, times and lines unless told. */
  takeOver?: ContinuityOptions['takeOver'];
  mirror?: ContinuityOptions['mirror'];
  diff?: ContinuityOptions['diff'];
  /** The model is called over HTTP. */
  overRelay?: boolean;
  /** How long a model call is held that cannot be tied. */
  holdFor?: number;
  log?: ContinuityOptions['log'];
  /** What was written directly on legacy is not looked for unless told. */
  audit?: ContinuityOptions['audit'];
  onDivergence?: ContinuityOptions['onDivergence'];
  isProven?: ContinuityOptions['isProven'];
}

export async function emptyJournal(db: AnyDatabase): Promise<void> {
  const tables = ['entries', 'keys', 'kinds', 'ids', 'times', 'comparisons', 'incarnations'].map((name) =>
    sql.id(JOURNAL_SCHEMA, name),
  );
  await sql`truncate ${sql.join(tables)} cascade`.execute(db);
}

export async function startRig(db: AnyDatabase, options: RigOptions = {}): Promise<Rig> {
  const { longest, patience, db: open, shadow } = options;
  await emptyJournal(db);
  const notes = notesTable(longest);
  const table = options.table?.(notes) ?? notes;
  const folder = mkdtempSync(join(tmpdir(), 'continuity-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tie = new Tie({ ...(options.holdFor !== undefined && { holdFor: options.holdFor }) });
  const log = options.log ?? silentLog;
  const askModel: AskModel = async (history, prompt, operation) => {
    const contents = [...history, prompt].map((text) => ({ role: 'user', parts: [{ text }] }));
    const call = { method: 'generateContent', request: { contents }, ...(operation && { operation }) };
    const { candidates } = (await callModel(call)) as ModelJson;
    return candidates[0].content.parts[0].text;
  };
  const callModel = await (options.overRelay ? relayed(paidModel(), tie) : direct(paidModel(), tie));
  const legacy = notesApp(askModel);
  const fresh = notesApp(askModel);
  options.legacyHas?.(legacy);
  const server = serve(legacy);
  await server.start();
  onTestFinished(() => server.stop());
  const modes: Record<string, Mode> = {};
  if (options.mode) for (const { key } of table.routes) modes[key] = options.mode;
  const flags = { current: flagsOf(table, modes) };
  const start = async (): Promise<{ continuity: OpenContinuity; origin: Origin }> => {
    const backends = {
      legacy: tracedBackend(httpBackend({ name: 'legacy', url: server.url }), server.url),
      new: tracedBackend(inProcess(fresh)),
    };
    const continuity = await openContinuity({
      ...(options.onClaimLost && { onClaimLost: options.onClaimLost }),
      table,
      backends,
      folder,
      tie,
      log,
      alarms: new Alarms({ table, file: alarmFile(folder), log }),
      db: open ?? (async () => journalOf(db)),
      secretHeaders: new Set(['authorization', 'cookie']),
      voidOnNew: async (id) => fresh.makeVoid(id),
      mirror: { backOff: 5, ...options.mirror },
      ...(options.rules && { rules: options.rules }),
      ...(options.keepFor !== undefined && { keepFor: options.keepFor }),
      ...(options.disk && { disk: options.disk }),
      ...(options.freeBytes && { freeBytes: options.freeBytes }),
      ...(options.isProven && { isProven: options.isProven }),
      patience: { sync: 0, ...patience },
      audit: options.audit ?? { every: 0, perMinute: 0 },
      sources: async () => options.sources?.(legacy, fresh) ?? [],
      ...(options.diff && { diff: options.diff }),
      isComplete: (key) => modes[key] === 'complete',
      ...(options.onDivergence && { onDivergence: options.onDivergence }),
      takeOver: options.takeOver ?? (async (note) => fresh.put(note)),
    });
    if (!options.startsAtOnce) await continuity.sync.looked();
    const origin = await openOrigin({
      legacyUrl: server.url,
      table,
      flags,
      continuity,
      newBackend: backends.new,
      ...(shadow && { shadow }),
    });
    return { continuity, origin };
  };
  let running = await start();
  let killed: Promise<unknown> = Promise.resolve();
  onTestFinished(() => running.continuity.close());

  const rig: Rig = {
    table,
    legacy,
    new: fresh,
    tie,
    paid: [],
    model: (prompt) => `reply ${rig.paid.length} to ${prompt}`,
    get continuity() {
      return running.continuity;
    },
    get url() {
      return running.origin.url;
    },
    get log() {
      return running.origin.log;
    },
    flip(mode, key) {
      for (const route of table.routes) if (!key || route.key === key) modes[route.key] = mode;
      flags.current = { ...flagsOf(table, modes), epoch: flags.current.epoch + 1 };
    },
    async ask(method, target, body, headers = {}) {
      const init =
        body === undefined
          ? { headers }
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
      const response = await fetch(`${running.origin.url}${target}`, { method, ...init });
      const text = await response.text();
      return { status: response.status, text, json: parsed(text), headers: response.headers };
    },
    async make() {
      const { status, json, text } = await rig.ask('POST', '/notes');
      if (status !== 201) throw new Error(`a note could not be made: ${status} ${text}`);
      return (json as { id: string }).id;
    },
    even: () => untilEven(running.continuity),
    async shadowed() {
      await running.origin.shadow.idle();
    },
    logged: (fits) => running.origin.logged(fits),
    get shadow() {
      return running.origin.shadow;
    },
    entries: (route) =>
      journalOf(db)
        .selectFrom('entries')
        .selectAll()
        .where('route', '=', route)
        .orderBy('position', 'desc')
        .execute(),
    kill() {
      killed = Promise.all([running.continuity.close(), running.origin.close()]);
    },
    async close() {
      await Promise.all([running.continuity.close(), running.origin.close()]);
    },
    async restart() {
      await killed;
      running = await start();
    },
    spilled: () => readdir(join(folder, 'spill')).catch(() => []),
    bodies: () => readdir(join(folder, 'bodies')).catch(() => []),
    stopLegacy: () => server.stop(),
    startLegacy: () => server.start(),
    async restartLegacy() {
      await server.stop();
      legacy.restart();
      await server.start();
    },
  };
  return rig;

  function paidModel(): ModelProvider {
    return {
      name: 'stand-in',
      async call({ request }) {
        const prompt = request.contents.at(-1)?.parts?.[0]?.text ?? '';
        rig.paid.push(prompt);
        const text = await rig.model(prompt);
        return wholeAnswer({ candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0 }] });
      },
      close: async () => {},
    };
  }
}

interface Call {
  method: string;
  request: object;
  operation?: string;
}

function direct(model: ModelProvider, tie: Tie): (call: Call) => Promise<unknown> {
  const provider = tie.around(model);
  return async (call) => {
    const { body } = await provider.call(call as never, new AbortController().signal);
    return JSON.parse(Buffer.from(body as Uint8Array).toString()) as unknown;
  };
}

/** As the backends call it: the new one names its operation and its trace. */
async function relayed(model: ModelProvider, tie: Tie): Promise<(call: Call) => Promise<unknown>> {
  const relay = await startRelay({
    host: '127.0.0.1',
    port: 0,
    model: { kind: 'stand-in' },
    log: silentLog,
    around: () => tie.around(model),
    traceOf: (call) => tie.traceOf(call),
  });
  onTestFinished(() => relay.close());
  return async ({ request, operation }) => {
    const trace = operation && traceparent();
    const answer = await fetch(`${relay.url}/v1beta/models/notes:generateContent`, {
      method: 'POST',
      headers: {
        'x-goog-api-key': relay.key,
        ...(operation && { [internalHeaders.operation]: operation }),
        ...(trace && { traceparent: trace }),
      },
      body: JSON.stringify(request),
    });
    return answer.json();
  };
}

type ModelJson = { candidates: [{ content: { parts: [{ text: string }] } }] };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function inProcess(app: NotesApp) {
  return inProcessBackend('new', async ({ method, target, body, operation, rawHeaders }) => {
    const chunks: Buffer[] = [];
    for await (const chunk of body ?? []) chunks.push(chunk as Buffer);
    const coding = firstHeader(rawHeaders, 'content-encoding');
    const asked = { method, target, operation, body: decoded(Buffer.concat(chunks), coding) };
    const answer = answerOf(await app.handle(asked));
    return { ...answer, ...app.sends?.(asked, answer) };
  });
}

/** Legacy's way to drop an answer after its effect. */
export class Dropped extends Error {}

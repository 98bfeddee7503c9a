/**
 * The application that is moved. Everything that Banyan knows of it comes together here: another application is another
 * file like this one.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Application, Pages } from '@banyan/gateway/application.ts';
import { inProcessBackend } from '@banyan/gateway/backends/in-process/in-process-backend.ts';
import { refuseIfClaimed } from '@banyan/gateway/continuity/claim/claim.ts';
import { databasePlace } from '@banyan/gateway/database-place.ts';
import { BanyanError } from '@banyan/gateway/errors.ts';
import type { FilesToImport } from '@banyan/gateway/import.ts';
import type { Registers } from '@banyan/gateway/metrics/registers.ts';
import { modelName } from '@banyan/gateway/relay/relay.ts';
import { ClientGone } from '@banyan/gateway/serve/exchange.ts';
import { isAway } from '@banyan/operations/db/away.ts';
import { openSession } from '@banyan/operations/db/session.ts';
import { makeVoid } from '@banyan/operations/store.ts';
import { asRefusal, importPlace } from './banyan.import.ts';
import type { BanyanSettings } from './banyan.settings.ts';
import { chatbotSync } from './banyan.sync.ts';
import { routeTable } from './contract/routes.ts';
import type { ImportReport } from './migrations/import/report.ts';
import { openDatabase } from './migrations/open.ts';
import { chatbotTable } from './services/chatbot-table.ts';
import { takeOverChat } from './services/chats/take-over.ts';
import { wallClock } from './services/clock.ts';
import { internalFrom } from './services/internal.ts';
import { workSize } from './services/jobs/size.ts';
import { waitingJobs } from './services/jobs/waiting.ts';
import { createNewBackend, type NewBackend, needsState } from './services/new-backend.ts';
import { openState } from './services/open-state.ts';
import { type Log, noLog } from './services/queue/log.ts';
import { parseRetiredQuirks } from './services/quirks.ts';
import { pageAnswer } from './services/wire/answers.ts';
import { corsHeaders } from './services/wire/cors.ts';
import { isForDebugger } from './services/wire/debugger.ts';
import { notFound } from './services/wire/pages.ts';
import { timestampOf } from './services/wire/time.ts';
import type { UploadWatch } from './services/worker/watch.ts';
import { chatPage } from './web/page/chat-page.ts';

/** What is not a setting: it is there once other parts run. */
export interface Surroundings {
  /** Where the new backend reaches the model, and what it shows as its key. */
  model: { baseUrl: string; key: string };
  /** The folder of the embedding model, which is made where it is missing. */
  embeddingModel: () => Promise<string>;
  /** The interpreter of the legacy app's environment, which is made where it is missing; without, nothing can be imported. */
  legacyPython?: () => Promise<string>;
  env: Record<string, string | undefined>;
  log: Log;
  /** Told what becomes of uploads in this process, and counts them. */
  watch?: UploadWatch & Registers;
  /** The folder in `BANYAN_DATA`; `new` unless told. Only one process can have it. */
  folder?: string;
}

/** For commands, which ask no model. */
const nowhere: Surroundings = {
  model: { baseUrl: 'http://127.0.0.1:9', key: 'none' },
  embeddingModel: () => Promise.reject(new Error('A command opens no backend')),
  env: {},
  log: noLog,
};

/** @throws Error that names what is wrong with `QUIRKS_RETIRED` */
export function createApplication(
  settings: BanyanSettings,
  surroundings: Surroundings = nowhere,
): Application {
  const backend = createBackend(settings, surroundings);
  const { legacyPython: python, watch: metrics } = surroundings;
  const { databaseUrl } = settings;
  const now = () => timestampOf(parseRetiredQuirks(settings.quirksRetired))(wallClock()());
  return {
    name: 'RAG chatbot',
    table: chatbotTable,
    implemented: backend.implements,
    newBackend: inProcessBackend(
      'new',
      ({ operation, ...request }, signal) =>
        backend
          .handle(
            { ...request, ...(operation && { internal: internalFrom(operation) }) },
            unlessClientGone(signal),
          )
          .catch(asBackendFault),
      backend.close,
    ),
    prepare: async (routes) => {
      if (!routes.some(needsState)) return;
      await backend.open();
      // A backend that serves clients must not find out with a question that its model cannot be made.
      await surroundings.embeddingModel();
    },
    continuity: {
      openSession: databaseUrl === undefined ? undefined : (name) => openSession(databaseUrl, name),
      database: async () => (await backend.open()).db,
      async makeVoid(id) {
        const { db } = await backend.open();
        return (await makeVoid(db, id)) === 'void' ? 'void' : 'done';
      },
      async takeOver({ kind, id, shown, late }) {
        // Jobs stay where they were taken.
        if (kind !== 'chat') return undefined;
        const { db } = await backend.open();
        const { 'GET /api/chats': rows, 'GET /api/chats/:chat_id': messages } = shown;
        const keepDocuments = parseRetiredQuirks(settings.quirksRetired)['deleted-chat-lingers'];
        return takeOverChat(db, { id, rows, messages, late }, { newId: randomUUID, keepDocuments });
      },
      sync: chatbotSync(settings, python),
    },
    ...(python && { importFiles: (files: FilesToImport) => importFiles(files, settings, python, backend) }),
    async work() {
      const { db } = await backend.open();
      return workSize(db, now());
    },
    async jobs() {
      const { db } = await backend.open();
      return waitingJobs(db, now());
    },
    metrics,
    pages: settings.chatPage ? () => chatPages(modelName(settings.model)) : undefined,
    withheld: (head) => (isForDebugger(head.target) ? pageAnswer(head, notFound) : undefined),
    errorHeaders: (head) => corsHeaders(head.method, head.rawHeaders),
  };
}

/** @param modelName who answers, as the page says it */
export function chatPages(modelName: string): Pages {
  return { path: '/chat', answer: chatPage(join(import.meta.dirname, 'web/chat'), { modelName }) };
}

/** Small steps: requests are answered between them. */
const rowsAtOnce = 100;

async function importFiles(
  { folder, dryRun, onProgress, signal }: FilesToImport,
  settings: BanyanSettings,
  python: () => Promise<string>,
  backend: NewBackend,
): Promise<ImportReport> {
  const { importLegacy } = await import('./migrations/import/import.ts');
  const options = { folder, dryRun, onProgress, signal, python, rows: rowsAtOnce, ...importPlace(settings) };
  const place = databasePlace(settings);
  // Opening it would make it.
  const isMissing = dryRun && 'folder' in place && !existsSync(place.folder);
  const imported = isMissing
    ? importLegacy({ ...options, db: undefined })
    : backend.open().then(({ db }) => importLegacy({ ...options, db }));
  return imported.catch(asRefusal);
}

/** The new backend of these settings; nothing is opened yet. */
export function createBackend(settings: BanyanSettings, surroundings: Surroundings): NewBackend {
  const { llamaParse, jsonStyle, redisUrl, pdfEngine, workerConcurrency } = settings;
  const quirks = parseRetiredQuirks(settings.quirksRetired);
  const folder = join(settings.dataFolder, surroundings.folder ?? 'new');
  const database = databasePlace(settings, surroundings.folder);
  return createNewBackend({
    table: routeTable,
    llamaParse,
    jsonStyle,
    quirks,
    async openState(clock) {
      await refuseSecond(settings);
      return openState(
        {
          ...surroundings,
          folder,
          database,
          openDatabase,
          redisUrl,
          pdfEngine,
          workerConcurrency,
          quirks,
        },
        clock,
      );
    },
  });
}

/**
 * Before the database is migrated, which a running gateway may not survive, and before anything of this process works in it.
 * Whoever writes beside a gateway's journal spoils it, so this is for every process with a new backend.
 */
async function refuseSecond({ databaseUrl, takeOverFrom }: BanyanSettings): Promise<void> {
  if (databaseUrl === undefined) return;
  const session = await openSession(databaseUrl, 'banyan');
  try {
    await refuseIfClaimed(session, { saidGone: takeOverFrom });
  } finally {
    await session.close();
  }
}

/** A database that is away is no defect: what was begun may have been done, or not. */
function asBackendFault(error: unknown): never {
  throw isAway(error)
    ? new BanyanError('backend_failed', { backend: 'new', reason: 'PostgreSQL is away' }, error)
    : error;
}

/** What was begun for a client that went away is finished, as the legacy app does it: a message is answered and stored. */
function unlessClientGone(signal: AbortSignal): AbortSignal {
  const ended = new AbortController();
  const abort = () => {
    if (!(signal.reason instanceof ClientGone)) ended.abort(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  return ended.signal;
}

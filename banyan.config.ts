/**
 * The application that is moved. Everything that Banyan knows of it comes together here: another application is another
 * file like this one.
 */
import { join } from 'node:path';
import { routeTable } from './contract/routes.ts';
import type { Application } from './gateway/application.ts';
import { inProcessBackend } from './gateway/backends/in-process/in-process-backend.ts';
import { ClientGone } from './gateway/serve/exchange.ts';
import type { Settings } from './gateway/settings.ts';
import { internalFrom } from './services/internal.ts';
import { createNewBackend, type NewBackend, needsState } from './services/new-backend.ts';
import { openState } from './services/open-state.ts';
import { makeVoid } from './services/operations/store.ts';
import { type Log, noLog } from './services/queue/log.ts';
import { parseRetiredQuirks } from './services/quirks.ts';
import { pageAnswer } from './services/wire/answers.ts';
import { corsHeaders } from './services/wire/cors.ts';
import { isForDebugger } from './services/wire/debugger.ts';
import { notFound } from './services/wire/pages.ts';

/** What is not a setting: it is there once other parts run. */
export interface Surroundings {
  /** Where the new backend reaches the model, and what it shows as its key. */
  model: { baseUrl: string; key: string };
  /** The folder of the embedding model, which is made where it is missing. */
  embeddingModel: () => Promise<string>;
  env: Record<string, string | undefined>;
  log: Log;
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
export function createApplication(settings: Settings, surroundings: Surroundings = nowhere): Application {
  const backend = createBackend(settings, surroundings);
  return {
    name: 'RAG chatbot',
    table: routeTable,
    implemented: backend.implements,
    newBackend: inProcessBackend(
      'new',
      ({ operation, ...request }, signal) =>
        backend.handle(
          { ...request, ...(operation && { internal: internalFrom(operation) }) },
          unlessClientGone(signal),
        ),
      backend.close,
    ),
    prepare: async (routes) => {
      if (routes.some(needsState)) await backend.open();
    },
    continuity: {
      database: async () => (await backend.open()).db,
      async makeVoid(id) {
        const { db } = await backend.open();
        return (await makeVoid(db, id)) === 'void' ? 'void' : 'done';
      },
    },
    withheld: (head) => (isForDebugger(head.target) ? pageAnswer(head, notFound) : undefined),
    errorHeaders: (head) => corsHeaders(head.method, head.rawHeaders),
  };
}

/** The new backend of these settings; nothing is opened yet. */
export function createBackend(settings: Settings, surroundings: Surroundings): NewBackend {
  const { llamaParse, jsonStyle, databaseUrl: url, redisUrl, pdfEngine, workerConcurrency } = settings;
  const quirks = parseRetiredQuirks(settings.quirksRetired);
  const folder = join(settings.dataFolder, surroundings.folder ?? 'new');
  const database = url === undefined ? { folder: join(folder, 'database') } : { url };
  return createNewBackend({
    ...{ table: routeTable, llamaParse, jsonStyle, quirks },
    openState: (clock) =>
      openState({ ...surroundings, folder, database, redisUrl, pdfEngine, workerConcurrency, quirks }, clock),
  });
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

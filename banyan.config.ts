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
import { createNewBackend, type NewBackend, needsState } from './services/new-backend.ts';
import { openState } from './services/open-state.ts';
import { parseRetiredQuirks } from './services/quirks.ts';
import { pageAnswer } from './services/wire/answers.ts';
import { corsHeaders } from './services/wire/cors.ts';
import { isForDebugger } from './services/wire/debugger.ts';
import { notFound } from './services/wire/pages.ts';

/** What is not a setting: it is there once other parts run. */
export interface Surroundings {
  /** Where the new backend reaches the model, and what it shows as its key. */
  model: { baseUrl: string; key: string };
}

/** For commands, which ask no model. */
const nowhere: Surroundings = { model: { baseUrl: 'http://127.0.0.1:9', key: 'none' } };

/** Retrieval and the worker are not behind these yet. */
const unfinished: ReadonlySet<string> = new Set([
  'POST /api/chats/:chat_id/messages',
  'POST /api/chats/:chat_id/upload-pdf',
]);

/** @throws Error that names what is wrong with `QUIRKS_RETIRED` */
export function createApplication(settings: Settings, surroundings: Surroundings = nowhere): Application {
  const backend = createBackend(settings, surroundings);
  return {
    name: 'RAG chatbot',
    table: routeTable,
    implemented: new Set([...backend.implements].filter((key) => !unfinished.has(key))),
    newBackend: inProcessBackend(
      'new',
      (request, signal) => backend.handle(request, unlessClientGone(signal)),
      backend.close,
    ),
    prepare: async (routes) => {
      if (routes.some(needsState)) await backend.open();
    },
    withheld: (head) => (isForDebugger(head.target) ? pageAnswer(head, notFound) : undefined),
    errorHeaders: (head) => corsHeaders(head.method, head.rawHeaders),
  };
}

/** The new backend of these settings; nothing is opened yet. */
export function createBackend(settings: Settings, { model }: Surroundings): NewBackend {
  const { llamaParse, jsonStyle } = settings;
  const quirks = parseRetiredQuirks(settings.quirksRetired);
  const folder = join(settings.dataFolder, 'new');
  const database = { folder: join(folder, 'database') };
  return createNewBackend({
    ...{ table: routeTable, llamaParse, jsonStyle, quirks },
    openState: () => openState({ folder, database, model, quirks }),
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

/**
 * The application that is moved. Everything that Banyan knows of it comes together here: another application is another
 * file like this one.
 */
import { routeTable } from './contract/routes.ts';
import type { Application } from './gateway/application.ts';
import { inProcessBackend } from './gateway/backends/in-process/in-process-backend.ts';
import type { Settings } from './gateway/settings.ts';
import { createNewBackend } from './services/new-backend.ts';
import { pageAnswer } from './services/wire/answers.ts';
import { corsHeaders } from './services/wire/cors.ts';
import { isForDebugger } from './services/wire/debugger.ts';
import { notFound } from './services/wire/pages.ts';

export function createApplication(settings: Pick<Settings, 'llamaParse'>): Application {
  const backend = createNewBackend({ table: routeTable, llamaParse: settings.llamaParse });
  return {
    name: 'RAG chatbot',
    table: routeTable,
    implemented: backend.implements,
    newBackend: inProcessBackend('new', (request) => backend.handle(request)),
    withheld: (head) => (isForDebugger(head.target) ? pageAnswer(head, notFound) : undefined),
    errorHeaders: (head) => corsHeaders(head.method, head.rawHeaders),
  };
}

/** The chatbot as a gateway of the suite serves it: a fresh new backend in this process, with its database. */
import { inProcessBackend } from '@banyan/gateway/backends/in-process/in-process-backend.ts';
import { makeVoid } from '@banyan/operations/store.ts';
import type { FreshApplication } from '@banyan/suite/fresh/gateway.ts';
import { internalFrom } from '../../services/internal.ts';
import { corsHeaders } from '../../services/wire/cors.ts';
import { type FreshNewOptions, openFreshNew } from './new-backend.ts';

export async function applicationInGateway(options: FreshNewOptions): Promise<FreshApplication> {
  const { backend, clock, close } = await openFreshNew(options);
  const newBackend = inProcessBackend('new', ({ operation, ...request }, signal) =>
    backend.handle({ ...request, ...(operation && { internal: internalFrom(operation) }) }, signal),
  );
  const database = async () => (await backend.open()).db;
  return {
    clock,
    close,
    application: {
      name: 'fresh',
      table: options.table,
      newBackend,
      implemented: backend.implements,
      prepare: async () => {},
      withheld: () => undefined,
      errorHeaders: (head) => corsHeaders(head.method, head.rawHeaders),
      continuity: {
        database,
        makeVoid: async (id) => ((await makeVoid(await database(), id)) === 'void' ? 'void' : 'done'),
      },
    },
  };
}

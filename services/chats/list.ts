/** `GET /api/chats`. */
import type { Handler } from '../handler.ts';
import type { KeptReads } from '../kept/kept-reads.ts';
import { shownChat } from './shown.ts';
import { listChats } from './store.ts';

/** One page asks for the list fifty times a second: it is read and written out again only when something has changed. */
export function list(kept: KeptReads): Handler {
  return async (_request, { db }) => ({
    status: 200,
    isKept: true,
    json: await kept('chats', async () => (await listChats(db)).map(shownChat)),
  });
}

/** `GET /api/chats`. */
import type { Handler } from '../handler.ts';
import type { Json } from '../wire/json.ts';
import { keepWhile } from './keep-while.ts';
import { listVersion } from './list-version.ts';
import { shownChat } from './shown.ts';
import { listChats } from './store.ts';

/** One page asks for the list fifty times a second: it is read and written out again only when it has changed. */
export function list(): Handler {
  const kept = keepWhile<Json>();
  return async (_request, { db }) => ({
    status: 200,
    isKept: true,
    json: await kept(
      () => listVersion(db),
      async () => (await listChats(db)).map(shownChat),
    ),
  });
}

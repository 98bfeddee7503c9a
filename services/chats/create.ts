/** `POST /api/chats`. */
import type { Handler } from '../handler.ts';
import { lockList } from '../rows/chats.ts';
import { placeByTime } from './place.ts';
import { shownChat } from './shown.ts';
import { insertChat } from './store.ts';

export const create: Handler = (_request, { presets, newId, now, commit }) =>
  commit(async (tx) => {
    // Before it looks at the clock: times are in the order of the numbers, by which a mirror gives legacy what was made at once.
    await lockList(tx);
    const id = presets.id ?? newId();
    const createdAt = presets.createdAt ?? now();
    const updatedAt = presets.updatedAt ?? now();
    const title = presets.title === undefined ? {} : { title: presets.title };
    const chat = await insertChat(tx, { id, createdAt, updatedAt, ...title });
    if (presets.createdAt !== undefined) await placeByTime(tx, { id, madeAt: createdAt });
    return { status: 201, json: shownChat(chat) };
  });

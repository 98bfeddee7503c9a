/** `POST /api/chats`. */
import type { Handler } from '../handler.ts';
import { shownChat } from './shown.ts';
import { createChat } from './store.ts';

export const create: Handler = (_request, { presets, newId, now, commit }) =>
  commit(async (tx) => {
    const id = presets.id ?? newId();
    const createdAt = presets.createdAt ?? now();
    const updatedAt = presets.updatedAt ?? now();
    const title = presets.title === undefined ? {} : { title: presets.title };
    return { status: 201, json: shownChat(await createChat(tx, { id, createdAt, updatedAt, ...title })) };
  });

/** A gateway that is killed as a process, while its mirror is at work. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { onPostgres, openJournal } from './testing/both.ts';
import type { KilledOptions } from './testing/killed-main.ts';
import { type AskModel, notesApp } from './testing/notes-app.ts';
import { serve } from './testing/serve-app.ts';

interface Started {
  url: string;
  relay: { url: string; key: string };
}

async function startGateway(options: KilledOptions) {
  const child = fork(join(import.meta.dirname, 'testing/killed-main.ts'), [JSON.stringify(options)]);
  const ended = once(child, 'exit');
  onTestFinished(() => void child.kill('SIGKILL'));
  const [started] = (await once(child, 'message')) as [Started];
  const ask = async (method: string, target: string, body?: object) => {
    const response = await fetch(started.url + target, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as { id: string };
  };
  return {
    ...started,
    ask,
    ended,
    async even() {
      child.send('even');
      await once(child, 'message');
    },
  };
}

onPostgres((database) => {
  it('gives legacy nothing twice where the process of the mirror is killed after legacy has a replay, though identical lines exist', async () => {
    const databaseUrl = await database.fresh();
    await (await openJournal({ url: databaseUrl })).destroy();
    const folder = await mkdtemp(join(tmpdir(), 'killed-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    let relay = { url: '', key: '' };
    const askModel: AskModel = async (history, prompt, operation) => {
      const contents = [...history, prompt].map((text) => ({ role: 'user', parts: [{ text }] }));
      const response = await fetch(`${relay.url}/v1beta/models/any:generateContent`, {
        method: 'POST',
        headers: { 'x-goog-api-key': relay.key, ...(operation && { 'x-banyan-operation': operation }) },
        body: JSON.stringify({ contents }),
      });
      const { candidates } = (await response.json()) as {
        candidates: [{ content: { parts: { text: string }[] } }];
      };
      return candidates[0].content.parts.map(({ text }) => text).join('');
    };
    const [legacy, fresh] = [notesApp(askModel), notesApp(askModel)];
    const [legacyServer, newServer] = [serve(legacy), serve(fresh)];
    for (const server of [legacyServer, newServer]) {
      await server.start();
      onTestFinished(() => server.stop());
    }
    const places = { databaseUrl, folder, legacyUrl: legacyServer.url, newUrl: newServer.url };
    // Of the note and of its first line the replays come first.
    const first = await startGateway({ ...places, kill: { point: 'replayed', pass: 3 } });
    relay = first.relay;
    const { id: note } = await first.ask('POST', '/notes');
    await first.ask('POST', `/notes/${note}/lines`, { text: 'again' });
    await first.even();
    // The client may have its answer or not.
    await first.ask('POST', `/notes/${note}/lines`, { text: 'again' }).catch(() => undefined);
    expect(await first.ended).toEqual([null, 'SIGKILL']);
    const lines = () => legacy.linesOf(legacy.notes[0]?.id ?? '');
    expect(lines()).toHaveLength(4);

    const second = await startGateway(places);
    relay = second.relay;
    await second.even();
    expect(lines()).toEqual(fresh.linesOf(note));
    expect(lines()).toHaveLength(4);
    await second.ask('POST', `/notes/${note}/lines`, { text: 'again' });
    await second.even();
    expect(lines()).toHaveLength(6);
  });
});

/** What legacy has before the gateway first starts: chats with turns, and documents in every third of them. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { document } from '../../../contract-tests/script/document.ts';
import { aLegacyChat, aTurn, writeFolder } from '../../../migrations/import/testing/legacy-files.ts';
import type { OldChat } from '../user.ts';

/** Writes chats as legacy has them on the disk; it must not run yet. */
export async function writeOldChats(folder: string, count: number): Promise<OldChat[]> {
  const chats = Array.from({ length: count }, (_, n) => ({
    id: randomUUID(),
    title: `old chat ${n + 1}`,
    said: Array.from({ length: n % 5 }, (_, k) => `old message ${k + 1} of chat ${n + 1}`),
    files: n % 3 === 0 ? [`old-${n + 1}.pdf`] : [],
  }));
  const list = chats.map(({ id, title, said }, n) =>
    aLegacyChat(id, count - n, { title, message_count: 2 * said.length }),
  );
  const turns = ({ said }: OldChat) =>
    said.flatMap((text, k) => [aTurn(2 * k, text), aTurn(2 * k + 1, `An old reply to ${text}.`)]);
  const memories = chats.filter(({ said }) => said.length > 0).map((chat) => [chat.id, turns(chat)] as const);
  await writeFolder(folder, list, Object.fromEntries(memories));
  return chats;
}

/** Gives a running legacy app the documents of these chats. Resolves when it lists them. */
export async function uploadOldFiles(legacyUrl: string, chats: readonly OldChat[]): Promise<void> {
  for (const { id, files } of chats) for (const name of files) await uploadTo(legacyUrl, id, name);
}

/** Uploads a document with a sentence of its own, and waits until it is listed. */
export async function uploadTo(url: string, chat: string, name: string, signal?: AbortSignal): Promise<void> {
  const form = new FormData();
  const bytes = new Uint8Array(document([`What ${name} is about is written in ${name} alone.`]));
  form.append('pdf', new Blob([bytes], { type: 'application/pdf' }), name);
  const taken = await fetch(`${url}/api/chats/${chat}/upload-pdf`, {
    method: 'POST',
    body: form,
    ...(signal && { signal }),
  });
  if (taken.status !== 202) throw new Error(`${name}: ${taken.status} ${await taken.text()}`);
  for (;;) {
    const answer = await fetch(`${url}/api/chats/${chat}/pdfs`, { ...(signal && { signal }) });
    const { pdfs } = (await answer.json()) as { pdfs: { name: string }[] };
    if (pdfs.some((pdf) => pdf.name === name)) return;
    await pause(50);
  }
}

/** What a frontend does, for tests whose subject comes after it. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { App } from './app.ts';
import type { Answer } from './exchange.ts';
import { pdfField } from './multipart.ts';
import type { Chat, ChatPdfs, Docs, Job, Message, MessageReply, UploadAccepted } from './shapes.ts';

export async function newChat(app: App): Promise<Chat> {
  const answer = await app.send('POST', '/api/chats');
  expect(answer.status).toBe(201);
  return answer.json<Chat>();
}

export const chats = async (app: App): Promise<Chat[]> =>
  (await app.send('GET', '/api/chats')).json<Chat[]>();

export async function chat(app: App, id: string): Promise<Chat> {
  const found = (await chats(app)).find((each) => each.id === id);
  if (!found) throw new Error(`there is no chat ${id}`);
  return found;
}

export async function say(app: App, chatId: string, message: string): Promise<MessageReply> {
  const answer = await app.sendJson('POST', `/api/chats/${chatId}/messages`, { message });
  expect(answer.status).toBe(200);
  return answer.json<MessageReply>();
}

export const messages = async (app: App, chatId: string): Promise<Message[]> =>
  (await app.send('GET', `/api/chats/${chatId}`)).json<Message[]>();

export const docs = async (app: App, chatId: string): Promise<Docs> =>
  (await app.send('GET', `/api/chats/${chatId}/docs`)).json<Docs>();

export const pdfs = async (app: App, chatId: string): Promise<ChatPdfs> =>
  (await app.send('GET', `/api/chats/${chatId}/pdfs`)).json<ChatPdfs>();

export const job = async (app: App, jobId: string): Promise<Job> =>
  (await app.send('GET', `/api/upload-status/${jobId}`)).json<Job>();

export const upload = (
  app: App,
  chatId: string,
  name: string,
  content: string | Uint8Array,
): Promise<Answer> => app.send('POST', `/api/chats/${chatId}/upload-pdf`, pdfField(name, content));

/** Asks again until the answer is not undefined, 20 s at most. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`it never came to this: ${what}`);
    await pause(10);
  }
}

/** Uploads and waits until the PDF is in the chat. */
export async function addPdf(
  app: App,
  chatId: string,
  name: string,
  content: Uint8Array,
): Promise<UploadAccepted> {
  const answer = await upload(app, chatId, name, content);
  expect(answer.text).toContain('Upload accepted');
  await eventually(`${name} is in the chat`, async () =>
    (await pdfs(app, chatId)).pdfs.find((pdf) => pdf.name === name),
  );
  return answer.json<UploadAccepted>();
}

/** Waits until this many ingestions have failed; their only sign that does not depend on a race is what is printed. */
export async function failedIngestions(app: App, count: number): Promise<void> {
  await eventually(`${count} ingestions have failed`, async () => {
    const failed = app.lines.filter((line) => line === 'Exception: Failed to extract any text from PDF');
    return failed.length >= count ? true : undefined;
  });
}

export const removePdf = (app: App, chatId: string, name: string): Promise<Answer> =>
  app.send('DELETE', `/api/chats/${chatId}/pdfs/${encodeURIComponent(name)}`);

/** Chats and documents for tests, made through the stores. */
import { randomUUID } from 'node:crypto';
import { createChat } from '../../chats/store.ts';
import { type Claim, claimJob } from '../../jobs/claim.ts';
import { publish, stageChunks } from '../../jobs/publish.ts';
import { insertJob } from '../../jobs/store.ts';
import { appendExchange } from '../../messages/store.ts';
import type { NewChunk } from '../../rows/chunks.ts';
import type { Db } from '../transaction.ts';
import type { WallTime } from '../wall-time.ts';

/** The nth second of a morning. */
export const at = (second: number, micros = 123_456): WallTime => {
  const [minutes, seconds] = [Math.floor(second / 60), second % 60].map((n) => String(n).padStart(2, '0'));
  return `2026-01-31T09:${minutes}:${seconds}.${String(micros).padStart(6, '0')}Z`;
};

export async function aChat(db: Db, second = 0): Promise<string> {
  const id = randomUUID();
  await createChat(db, { id, createdAt: at(second), updatedAt: at(second) });
  return id;
}

export const say = (db: Db, chatId: string, text: string, reply: string | null = `re: ${text}`, second = 1) =>
  appendExchange(db, {
    chatId,
    turns: [
      { id: randomUUID(), role: 'user', text, createdAt: at(second) },
      { id: randomUUID(), role: 'model', text: reply, createdAt: at(second) },
    ],
    updatedAt: at(second),
    unknownChat: 'begin',
  });

/** A vector of 384 numbers that begins with these. */
export const vector = (...first: number[]): Float32Array => {
  const numbers = new Float32Array(384);
  numbers.set(first);
  return numbers;
};

export const chunk = (text: string, embedding: ArrayLike<number> = vector(1)): NewChunk => ({
  text,
  metadata: { page: '1', type: 'text' },
  embedding,
});

/** A queued upload. */
export async function anUpload(db: Db, chatId: string, filename = 'a.pdf') {
  const [id, documentId] = [randomUUID(), randomUUID()];
  const stored = await insertJob(db, { id, documentId, chatId, filename, sha256: 'f00', startedAt: at(2) });
  return { id, documentId, stored };
}

/** An upload that a worker has taken. */
export async function aClaim(db: Db, chatId: string, filename?: string): Promise<Claim> {
  const { id } = await anUpload(db, chatId, filename);
  const claim = { jobId: id, token: randomUUID() };
  await claimJob(db, { ...claim, attempt: 1 });
  return claim;
}

export const ends = { uploadedAt: at(3), updatedAt: at(4), finishedAt: at(5) };

/** A published document. @returns its job's id */
export async function aDocument(
  db: Db,
  chatId: string,
  name = 'a.pdf',
  chunks = [chunk(`the text of ${name}`)],
): Promise<string> {
  const claim = await aClaim(db, chatId, name);
  await stageChunks(db, claim, { first: 0, chunks });
  await publish(db, claim, { ...ends, chunkCount: chunks.length });
  return claim.jobId;
}

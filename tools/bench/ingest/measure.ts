/** Uploads over HTTP, as a frontend does, and waits for each until it is listed. */
import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../statistics.ts';
import { cpuOfAll, usageOf } from '../system/usage.ts';
import type { IngestBackend, LoopDelay } from './backends.ts';
import { benchDocument } from './corpus.ts';

export interface Measured {
  seconds: number;
  pages: number;
  chunks: number;
  /** Processor time of all its processes, in seconds. */
  cpu: number;
  loop: LoopDelay | undefined;
  /** Of all its processes, in bytes: the medians of the first fifth and of the last fifth of the uploads. */
  memory: { first: number; last: number };
}

/** What a chat takes. */
const toAChat = 5;
/** Milliseconds between two looks. */
const look = 50;
const patience = 120_000;

/** @param lanes how many uploads are under way at once */
export async function measure(backend: IngestBackend, uploads: number, lanes: number): Promise<Measured> {
  const ask = async <T>(path: string, init?: RequestInit): Promise<T> => {
    const response = await fetch(`${backend.url}${path}`, init);
    if (!response.ok) throw new Error(`${backend.name} answers ${response.status} to ${path}`);
    return (await response.json()) as T;
  };
  const memory: number[] = [];
  let [next, pages, chunks] = [0, 0, 0];
  const takeIn = async (chat: string) => {
    const document = benchDocument(next++);
    const body = new FormData();
    body.append('pdf', new Blob([new Uint8Array(document.content)]), document.name);
    await ask(`/api/chats/${chat}/upload-pdf`, { method: 'POST', body });
    chunks += await listedChunks(() => ask(`/api/chats/${chat}/pdfs`), document.name);
    pages += document.pages;
    memory.push(usageOf([backend.pid]).memory);
  };
  const lane = async () => {
    while (next < uploads) {
      const { id } = await ask<{ id: string }>('/api/chats', { method: 'POST' });
      for (let n = 0; n < toAChat && next < uploads; n++) await takeIn(id);
    }
  };
  await backend.loopDelay();
  const [begun, cpuBefore] = [performance.now(), cpuOfAll(backend.pid)];
  await Promise.all(Array.from({ length: lanes }, lane));
  const seconds = (performance.now() - begun) / 1000;
  const cpu = (cpuOfAll(backend.pid) - cpuBefore) / 1e6;
  const loop = await backend.loopDelay();
  const fifth = Math.max(1, Math.floor(memory.length / 5));
  return {
    seconds,
    pages,
    chunks,
    cpu,
    loop,
    memory: { first: median(memory.slice(0, fifth)), last: median(memory.slice(-fifth)) },
  };
}

interface Pdfs {
  pdfs: { name: string; chunks: number }[];
}

async function listedChunks(list: () => Promise<Pdfs>, name: string): Promise<number> {
  for (const end = Date.now() + patience; ; await delay(look)) {
    const found = (await list()).pdfs.find((pdf) => pdf.name === name);
    if (found) return found.chunks;
    if (Date.now() > end) throw new Error(`${name} was not taken in within ${patience / 1000} s`);
  }
}

/**
 * The ingestion child: one PDF, then it ends. Parsers read synchronously, so nothing here can be relied on to answer while
 * a page is read; the parent keeps the limits, and a thread of its own sees to it that the child does not outlive it.
 */
import { Worker } from 'node:worker_threads';
import { buildChunks, type Chunk } from '../chunks.ts';
import { loadEngine } from '../engines/index.ts';
import { PdfLoader } from '../loader.ts';
import { tesseractReader } from '../ocr/tesseract.ts';
import { createSplitter, legacySplitter } from '../splitters.ts';
import { limitWasmMemory } from './memory.ts';
import { type ChildOrders, type FromChild, outOfMemory, type ToChild } from './messages.ts';

/** Chunks in one message. */
const batch = 50;

let taken: PromiseWithResolvers<void> | undefined;

process.on('message', (message: ToChild) => {
  if (message.kind === 'taken') taken?.resolve();
  else
    ingest(message.orders).then(
      () => process.disconnect(),
      // Whatever was not foreseen: the parent reads the reason from what is printed.
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
});
new Worker(new URL('./watchdog.ts', import.meta.url), { workerData: process.ppid }).unref();

async function ingest(orders: ChildOrders): Promise<void> {
  limitWasmMemory(orders.wasmMemory, () => process.exit(outOfMemory));
  const faults: string[] = [];
  const loader = new PdfLoader(orders.file, {
    engine: await loadEngine(orders.engine),
    ocr: orders.tesseract ? tesseractReader(orders.tesseract, orders.folder) : undefined,
    onPage: (progress) => void send({ kind: 'progress', progress }),
    onFault: (fault) => faults.push(fault),
  });
  const splitter = createSplitter(orders.splitter ?? legacySplitter);
  let waiting: Chunk[] = [];
  let count = 0;
  for await (const chunk of buildChunks(loader.lazyLoad(), { ...orders, splitter })) {
    waiting.push(chunk);
    count++;
    if (waiting.length < batch) continue;
    await hand(waiting);
    waiting = [];
  }
  if (waiting.length) await hand(waiting);
  await send({ kind: 'done', chunks: count, faults });
}

/** Resolves once the parent has done with them. */
async function hand(chunks: Chunk[]): Promise<void> {
  taken = Promise.withResolvers<void>();
  await send({ kind: 'chunks', chunks });
  await taken.promise;
}

function send(message: FromChild): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

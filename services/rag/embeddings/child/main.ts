/** The embedding child: loads the model it is given, then answers one text after the other until its parent is gone. */
import { Worker } from 'node:worker_threads';
import type { FromChild, ToChild } from './messages.ts';
import { loadModel } from './model.ts';

const [, , folder = ''] = process.argv;

// Inference holds this thread, so another one sees whether the parent is still there.
new Worker(new URL('../../../ingestion/child/watchdog.ts', import.meta.url), {
  workerData: process.ppid,
}).unref();
process.once('disconnect', () => process.exit());

const model = await loadModel(folder);

process.on('message', ({ text }: ToChild) => {
  model.embed(text).then(
    (vector) => tell({ kind: 'vector', vector, resident: process.memoryUsage.rss() }),
    (error: unknown) =>
      tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) }),
  );
});
tell({ kind: 'ready' });

function tell(message: FromChild): void {
  // A parent that has gone is seen elsewhere.
  process.send?.(message, () => {});
}

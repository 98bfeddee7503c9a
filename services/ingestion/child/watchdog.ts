/**
 * Runs as a thread of the child. The main thread may hang in a page for ever; when the parent is gone nobody else would
 * end it.
 */
import { workerData } from 'node:worker_threads';

const milliseconds = 250;

setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
}, milliseconds);

/** The recording's thread: redacts and writes what the gateway's thread hands over, in its order. */
import { parentPort, workerData } from 'node:worker_threads';
import { BanyanError } from '../../errors.ts';
import { silentLog } from '../../log.ts';
import { createRecorder } from '../recorder.ts';
import type { ExchangeTap } from '../tap.ts';
import type { FromThread, ThreadData, ToThread } from './messages.ts';

const { folder, spool, redact, key, version } = workerData as ThreadData;
let now = 0;
const recorder = createRecorder({
  folder,
  spool,
  redact,
  clock: { now: () => now },
  random: () => key,
  log: silentLog,
  ...(version !== undefined && { version }),
});
/** Exchanges that more may be said of; `halves`: request and answer, those that are not over. */
const open = new Map<number, { tap: ExchangeTap; halves: number }>();
let messages = 0;
let bytes = 0;

const say = (message: FromThread) => parentPort?.postMessage(message);

parentPort?.on('message', (message: ToThread) => {
  now = message.at;
  if (messages === 0) setImmediate(tellProgress);
  messages += 1;
  if ('bytes' in message) bytes += message.bytes.length;
  void take(message).catch((error: unknown) => say(refused(error)));
});

/** Once for all messages that were there already. */
function tellProgress(): void {
  say({ what: 'progress', messages, bytes, status: recorder.status() });
  messages = 0;
  bytes = 0;
}

async function take(message: ToThread): Promise<void> {
  if (message.what === 'start') {
    const status = await recorder.start(message.name, { force: message.force });
    say({ what: 'started', status });
  } else if (message.what === 'stop') {
    if (message.unseen > 0) recorder.unseen(message.unseen);
    const recording = await recorder.stop({ grace: 0 });
    say({ what: 'stopped', status: recorder.status(), recording });
  } else if (message.what === 'begin') {
    open.set(message.exchange, { tap: recorder.begin(message.head), halves: 2 });
  } else hear(message);
}

function hear(message: Exclude<ToThread, { what: 'start' | 'stop' | 'begin' }>): void {
  const exchange = open.get(message.exchange);
  if (!exchange) return;
  const { tap } = exchange;
  if (message.what === 'request') tap.requestBody(message.bytes);
  else if (message.what === 'answer') tap.response(message.head);
  else if (message.what === 'response') tap.responseBody(message.bytes);
  else if (message.what === 'aborted') tap.aborted(message.reason);
  else if (message.what === 'requestEnd') tap.requestEnd();
  else tap.end();
  if (message.what === 'aborted') exchange.halves = 0;
  else if (message.what === 'requestEnd' || message.what === 'end') exchange.halves -= 1;
  if (exchange.halves === 0) open.delete(message.exchange);
}

function refused(error: unknown): FromThread {
  const { message } = error as Error;
  if (!(error instanceof BanyanError)) return { what: 'refused', code: undefined, message, details: {} };
  return { what: 'refused', code: error.code, message, details: { ...error.details } };
}

/** What was read from the database, kept for as long as nothing has changed there, and never older than the question. */
import { setImmediate } from 'node:timers/promises';

/** @param key names what is read: the same key is always read in the same way */
export type KeptReads = <Value>(key: string, read: () => Promise<Value>) => Promise<Value>;

/** So many are kept: a page asks for the list and for the chats that are open. */
const most = 256;

/**
 * Several processes change the state, so each question asks for its version. Questions that come while that is being asked
 * share the next asking: they must not have the one that was begun before they came, which may be from before a change
 * that their client has seen.
 *
 * The version is read first and the value after it: a value may be newer than its version says, and is then read once
 * more than needed; it is never older.
 * @param readVersion another one after every change
 */
export function keepReads(readVersion: () => Promise<string>): KeptReads {
  const versionNow = shared(readVersion);
  const kept = new Map<string, Promise<unknown>>();
  let keptOf = '';

  return async <Value>(key: string, read: () => Promise<Value>) => {
    const version = await versionNow();
    if (version !== keptOf) {
      kept.clear();
      keptOf = version;
    }
    const known = kept.get(key) as Promise<Value> | undefined;
    if (known !== undefined) return known;
    const value = read();
    keep(key, value);
    return value;
  };

  function keep(key: string, value: Promise<unknown>): void {
    const [oldest] = kept.keys();
    if (kept.size >= most && oldest !== undefined) kept.delete(oldest);
    kept.set(key, value);
    value.catch(() => {
      if (kept.get(key) === value) kept.delete(key);
    });
  }
}

/**
 * Asks at most once at a time; all who come meanwhile share the next asking. It begins when all that has arrived has been
 * looked at: a database in this process would answer the first before the second is read.
 */
function shared<Value>(ask: () => Promise<Value>): () => Promise<Value> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<Value> | undefined;
  const begin = () => {
    next = undefined;
    const asking = ask();
    running = asking.catch(() => {});
    return asking;
  };
  return () => {
    next ??= running.then(() => setImmediate()).then(begin);
    return next;
  };
}

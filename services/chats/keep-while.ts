/** A value that is kept for as long as its version stands, and is never older than the question. */

type Kept<Value> = { version: string; value: Value };

/**
 * Several processes change what is kept, so each question asks for the version. Questions that come while one is being
 * answered share the next answer: they must not have the one that was begun before they came, which may be from before
 * a change that their client has seen.
 *
 * The version is read first and the value after it: a value may be newer than its version says, and is then read once
 * more than needed; it is never older.
 */
export function keepWhile<Value>() {
  let kept: Kept<Value> | undefined;
  let running: Promise<Value> | undefined;
  let next: Promise<Value> | undefined;

  return (readVersion: () => Promise<string>, read: () => Promise<Value>): Promise<Value> => {
    async function look(): Promise<Value> {
      const version = await readVersion();
      if (kept?.version !== version) kept = { version, value: await read() };
      return kept.value;
    }
    function begin(): Promise<Value> {
      next = undefined;
      const looking = look();
      running = looking;
      const end = () => {
        if (running === looking) running = undefined;
      };
      looking.then(end, end);
      return looking;
    }
    if (!running) return begin();
    next ??= running.then(begin, begin);
    return next;
  };
}

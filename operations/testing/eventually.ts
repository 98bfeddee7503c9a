import { setTimeout as pause } from 'node:timers/promises';

/** Looks again until it is so. @throws Error that says what never was, after five seconds */
export async function eventually(what: string, so: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!(await so())) {
    if (performance.now() > deadline) throw new Error(`it never came to this: ${what}`);
    await pause(5);
  }
}

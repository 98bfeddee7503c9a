/**
 * Keeps memory flat while large bodies pass. Each piece of a body is a buffer of up to 64 KiB that V8 counts as a hundred
 * bytes: it lets a hundred megabytes of them pile up before it looks. A look at the young ones alone takes a fraction of
 * a millisecond, and large bodies pass faster for it, as memory is used again that is at hand.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'minor' }) => void;

/** After so many bytes of bodies, in either direction. */
const every = 8 * 1024 * 1024;

let collect: Collect | undefined;
let sinceLast = 0;

/** Called for each piece of a body that has passed. */
export function passed(bytes: number): void {
  sinceLast += bytes;
  if (sinceLast < every) return;
  sinceLast = 0;
  collect ??= collector();
  collect({ type: 'minor' });
}

function collector(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}

/**
 * Keeps memory flat while uploads pass. Each piece of a body is a buffer of up to 64 KiB that V8 counts as a hundred
 * bytes: it lets a hundred megabytes of them pile up before it looks. A look at the young ones alone takes a fraction of
 * a millisecond. Answers do without: theirs are faster when V8 looks by itself (docs/decisions/0003-forwarder.md).
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'minor' }) => void;

/** After so many bytes of uploads. */
const every = 8 * 1024 * 1024;

let collect: Collect | undefined;
let sinceLast = 0;

/** Called for each piece of an upload that has passed. */
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

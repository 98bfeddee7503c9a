/**
 * Loaded before a program (`--import`): keeps one object of those that `process.nextTick` makes. V8 drops the shape of an object of
 * which none is left at a collection, and Node, which makes millions of the same shape, is then slow at each for as long as the
 * process lives: 5 to 9 µs of a forwarded request (docs/decisions/0003-forwarder.md).
 */
// Plain JavaScript, as bootstrap.mjs is.
import { executionAsyncResource } from 'node:async_hooks';

/** @type {object | undefined} */
export let kept;

process.nextTick(() => {
  kept = executionAsyncResource();
});

/**
 * How the gateway's Node is run (docs/decisions/0003-forwarder.md): with less memory for new objects than V8's default of 32 MB,
 * and with the shape of ticks kept.
 */
export const nodeFlags = [
  '--max-semi-space-size=16',
  `--import=${new URL('./tick-shape.mjs', import.meta.url)}`,
];

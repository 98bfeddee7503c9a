/**
 * How the gateway's Node is run. With V8's default of 32 MB for new objects, buffers of large bodies keep it marking the
 * whole heap: 1 MB answers then cost three times as much (docs/decisions/0003-forwarder.md).
 */
export const nodeFlags = ['--max-semi-space-size=16'];

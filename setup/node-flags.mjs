/** How the gateway's Node is run: with less memory for new objects than V8's default of 32 MB (docs/decisions/0003-forwarder.md). */
export const nodeFlags = ['--max-semi-space-size=16'];

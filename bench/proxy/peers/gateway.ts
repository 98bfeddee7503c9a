/** Banyan's gateway, once for each forwarder, as it runs in production: flags, header hygiene and a log line a request. */
import { nodeFlags } from '../../../setup/node-flags.mjs';
import { startNode } from '../../system/processes.ts';
import { programFile } from './node.ts';
import type { Peer } from './peer.ts';

export function gateway(forwarder: 'http' | 'http-proxy-middleware'): Peer {
  const name = `gateway (${forwarder})`;
  return {
    name,
    kind: 'gateway',
    start: ({ upstream, ...options }) =>
      startNode({
        ...options,
        name,
        program: programFile('gateway'),
        flags: nodeFlags,
        env: { UPSTREAM: upstream, FORWARDER: forwarder, FOLDER: options.folder },
      }),
  };
}

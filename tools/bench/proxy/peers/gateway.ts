/** Banyan's gateway, once for each forwarder, as it runs in production: flags, header hygiene and a log line a request. */
import { nodeFlags } from '../../../setup/node-flags.mjs';
import { startNode } from '../../system/processes.ts';
import { programFile } from './node.ts';
import type { Peer } from './peer.ts';

export const gateway = (forwarder: 'http' | 'http-proxy-middleware'): Peer =>
  gatewayWith(`gateway (${forwarder})`, { FORWARDER: forwarder });

/** @param env of the program, besides where its upstream and its folder are */
export function gatewayWith(name: string, env: Record<string, string>): Peer {
  return {
    name,
    kind: 'gateway',
    start: ({ upstream, ...options }) =>
      startNode({
        ...options,
        name,
        program: programFile('gateway'),
        flags: nodeFlags,
        env: { UPSTREAM: upstream, FOLDER: options.folder, ...env },
      }),
  };
}

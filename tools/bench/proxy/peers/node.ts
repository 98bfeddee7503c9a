/** Node proxies: each is a file of `programs/`. */
import { fileURLToPath } from 'node:url';
import { startNode } from '../../system/processes.ts';
import type { Peer } from './peer.ts';

export function programFile(name: string): string {
  return fileURLToPath(new URL(`../programs/${name}.ts`, import.meta.url));
}

export function bare(name: string): Peer {
  return {
    name,
    kind: 'bare',
    start: ({ upstream, ...options }) =>
      startNode({ ...options, name, program: programFile(name), env: { UPSTREAM: upstream } }),
  };
}

/** HAProxy with one thread. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startServer } from '../../system/processes.ts';
import { installed } from '../../system/tools.ts';
import type { Peer } from './peer.ts';

export function haproxy(): Peer {
  const program = installed('haproxy');
  return {
    name: 'HAProxy',
    kind: 'server',
    missing: program ? undefined : 'not installed (apt-get install haproxy)',
    async start({ upstream, core, folder }) {
      const port = await freePort();
      const file = join(folder, `haproxy-${port}.cfg`);
      writeFileSync(file, config(new URL(upstream), port));
      const args = ['-db', '-f', file];
      return startServer({ name: 'HAProxy', core, folder, command: program ?? 'haproxy', args, port });
    },
  };
}

function config(upstream: URL, port: number): string {
  return `
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend public
  bind 127.0.0.1:${port}
  default_backend upstream
backend upstream
  server one ${upstream.host}
`;
}

/** nginx with one worker, connections to the upstream kept, bodies streamed both ways as the gateway does. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startServer } from '../../system/processes.ts';
import { installed } from '../../system/tools.ts';
import type { Peer } from './peer.ts';

export function nginx(): Peer {
  const program = installed('nginx');
  return {
    name: 'nginx',
    kind: 'server',
    missing: program ? undefined : 'not installed (apt-get install nginx)',
    async start({ upstream, core, folder }) {
      const port = await freePort();
      const prefix = join(folder, `nginx-${port}`);
      mkdirSync(prefix);
      writeFileSync(join(prefix, 'nginx.conf'), nginxConfig(prefix, proxyOf(new URL(upstream), port)));
      const args = ['-p', prefix, '-c', 'nginx.conf', '-e', join(prefix, 'error.log')];
      return startServer({ name: 'nginx', core, folder, command: program ?? 'nginx', args, port });
    },
  };
}

/** A whole configuration that writes nowhere but into its folder. */
export function nginxConfig(prefix: string, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  // Workers of root's nginx are nobody's, who may not read the folder.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `
    ${user}
    daemon off;
    worker_processes 1;
    pid ${prefix}/nginx.pid;
    error_log ${prefix}/error.log warn;
    events { worker_connections 4096; }
    http {
      access_log off;
      keepalive_requests 1000000000;
      keepalive_timeout 600s;
      tcp_nodelay on;
      ${temporary.map((name) => `${name}_temp_path ${prefix}/${name};`).join('\n      ')}
      ${http}
    }`;
}

function proxyOf(upstream: URL, port: number): string {
  return `
      upstream backend { server ${upstream.host}; keepalive 256; keepalive_requests 1000000000; }
      server {
        listen 127.0.0.1:${port};
        client_max_body_size 0;
        location / {
          proxy_pass http://backend;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host $http_host;
          proxy_request_buffering off;
          proxy_max_temp_file_size 0;
        }
      }`;
}

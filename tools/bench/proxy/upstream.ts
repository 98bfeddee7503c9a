/** What the proxies forward to. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type Running, startNode, startServer } from '../system/processes.ts';
import { installed, versionOf } from '../system/tools.ts';
import { contents } from './contents.ts';
import { nginxConfig } from './peers/nginx.ts';
import { programFile } from './peers/node.ts';

interface Where {
  core: number | undefined;
  folder: string;
}

/** For throughput: nginx where it is installed, as it leaves most of its core to the load generator. */
export async function startFastUpstream(where: Where): Promise<Running & { name: string }> {
  const program = installed('nginx');
  if (!program) return { name: 'node:http', ...(await startSink(where)) };
  const port = await freePort();
  const prefix = join(where.folder, `upstream-${port}`);
  mkdirSync(prefix, { recursive: true });
  writeFileSync(join(prefix, 'nginx.conf'), nginxConfig(prefix, files(prefix, port)));
  const args = ['-p', prefix, '-c', 'nginx.conf', '-e', join(prefix, 'error.log')];
  const running = await startServer({ ...where, name: 'upstream', command: program, args, port });
  return { name: `nginx ${versionOf(program, '-v')}`, ...running };
}

/** For uploads: takes them slowly. It serves the contents too. */
export function startSink(where: Where): Promise<Running> {
  return startNode({ ...where, name: 'sink', program: programFile('upstream') });
}

function files(prefix: string, port: number): string {
  const locations = contents.map(({ path, type, body }, i) => {
    const file = join(prefix, `content-${i}`);
    writeFileSync(file, body);
    return `location = ${path} { alias ${file}; default_type ${type}; }`;
  });
  return `
      sendfile on;
      open_file_cache max=16;
      server { listen 127.0.0.1:${port}; ${locations.join(' ')} }`;
}

/** Looks whether the ports are free before anything heavy is done, and who has one that is not. */
import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { commandLine } from '@banyan/operations/processes/processes.mjs';
import { BanyanError } from './errors.ts';

export interface PortUse {
  port: number;
  /** Undefined: all interfaces. */
  host: string | undefined;
  /** What it is for, as a message says it. */
  what: string;
  /** The variable that chooses another. */
  variable: string;
}

/**
 * Looks whether these can be opened.
 * @param patience milliseconds to wait for one that is taken: what was just stopped may hold on to it for a moment
 * @throws BanyanError `port_taken`, `port_refused`
 */
export async function checkPorts(uses: PortUse[], patience = 0): Promise<void> {
  for (const end = Date.now() + patience; ; await delay(50))
    try {
      await openAll(uses);
      return;
    } catch (error) {
      const mayPass = error instanceof BanyanError && error.code === 'port_taken' && Date.now() < end;
      if (!mayPass) throw error;
    }
}

/** Opens them all at once, so that two settings with the same number are found too, and closes them again. */
async function openAll(uses: PortUse[]): Promise<void> {
  const servers: Server[] = [];
  try {
    for (const use of uses) servers.push(await open(use));
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

async function open(use: PortUse): Promise<Server> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: use.port, ...(use.host && { host: use.host }) }, resolve);
    });
    return server;
  } catch (error) {
    throw await portFault(use, error);
  }
}

/** The catalogue's error for a port that could not be opened. */
export async function portFault(use: PortUse, error: unknown): Promise<BanyanError> {
  const { port, what, variable } = use;
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code !== 'EADDRINUSE')
    return new BanyanError('port_refused', {
      port,
      what,
      variable,
      host: use.host ?? 'all interfaces',
      reason: { EACCES: 'not permitted', EADDRNOTAVAIL: 'no such address here' }[code] ?? code,
    });
  const holder = await holderOf(port);
  return new BanyanError('port_taken', { port, what, variable, holder: holder ? ` by ${holder}` : '' });
}

/** `process 4711 (nginx)`; undefined where the system does not tell, as for another user's process. */
async function holderOf(port: number): Promise<string | undefined> {
  const pid = (await holderFromProc(port)) ?? (await holderFromLsof(port));
  if (pid === undefined) return undefined;
  if (pid === process.pid) return 'another setting of Banyan itself';
  const shown = commandLine(pid).slice(0, 60);
  return `process ${pid}${shown ? ` (${shown})` : ''}`;
}

/** Linux: the listening socket's inode, then the process that has it open. */
async function holderFromProc(port: number): Promise<number | undefined> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const rows = await readFile(table, 'utf8').catch(() => '');
    for (const row of rows.split('\n')) {
      const [, local, , state, , , , , , inode] = row.trim().split(/\s+/);
      // 0A: listening.
      if (inode && state === '0A' && local?.endsWith(`:${hex}`)) inodes.add(`socket:[${inode}]`);
    }
  }
  if (!inodes.size) return undefined;
  const entries = await readdir('/proc').catch(() => []);
  for (const pid of entries.filter((name) => /^\d+$/.test(name))) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const file of files)
      if (inodes.has(await readlink(`/proc/${pid}/fd/${file}`).catch(() => ''))) return Number(pid);
  }
  return undefined;
}

async function holderFromLsof(port: number): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN']);
    return Number.parseInt(stdout, 10) || undefined;
  } catch {
    return undefined;
  }
}

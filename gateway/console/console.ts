/**
 * The operator's console: status, flips and documentation, on a port of its own. The public origin shows nothing that
 * legacy does not, so everything that Banyan says of itself is here.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from '@banyan/operations/connections/server.ts';
import { getRequestListener } from '@hono/node-server';
import { BanyanError } from '../errors.ts';
import { refusalAnswer } from '../fault-answer.ts';
import { type AppOptions, createConsole } from './app.ts';
import { createAuthentication } from './authentication.ts';
import { takeToken } from './token.ts';

export interface ConsoleOptions extends AppOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  /** Made and kept in the data folder where it is left out. */
  token?: string | undefined;
  dataFolder: string;
}

export interface RunningConsole {
  /** As it can be reached from this machine. */
  url: string;
  token: string;
  /** It was made just now: the only time to show it to a person. */
  tokenIsNew: boolean;
  close(): Promise<void>;
}

/** @throws BanyanError `port_taken` */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { token, isNew } = await takeToken(options.dataFolder, options.token);
  const app = createConsole(options, createAuthentication(token, options.host));
  const server = createServer({ handle: getRequestListener(app.fetch), answerTo: refusalAnswer });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new BanyanError(
              'port_taken',
              { what: 'the console', holder: '', port: options.port, variable: 'CONSOLE_PORT' },
              error,
            )
          : error,
      ),
    );
    server.listen(options.port, options.host, resolve);
  });
  const url = `http://${reachable(options.host)}:${(server.address() as AddressInfo).port}`;
  const note = consoleNote(options.dataFolder);
  await mkdir(options.dataFolder, { recursive: true });
  await writeFile(note, `${JSON.stringify({ url, pid: process.pid })}\n`);
  return {
    url,
    token,
    tokenIsNew: isNew,
    close: async () => {
      await rm(note, { force: true });
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Where a running gateway notes its console's address, for commands with the same data folder. */
export const consoleNote = (dataFolder: string) => join(dataFolder, 'console.json');

/** An address that means "all" is not one to go to. */
export function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

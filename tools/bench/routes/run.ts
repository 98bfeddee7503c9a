/** Each route, each peer, one after the other: what is not measured stands still. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRelay } from '@banyan/gateway/relay/relay.ts';
import { readSettings } from '../../../banyan.settings.ts';
import { chatbotVoice } from '../../../contract/stand-in.ts';
import { ensureSetup } from '../../setup/index.ts';
import { ensureWheel } from '../../setup/wheel.ts';
import { loadGenerator } from '../load/generator.ts';
import type { Load } from '../load/load.ts';
import { shareCores } from '../system/cores.ts';
import type { Running } from '../system/processes.ts';
import { usageOf, watchOthers } from '../system/usage.ts';
import { type Case, casesFor } from './cases.ts';
import { connections, routePeers } from './peers.ts';
import { seed } from './state.ts';

export interface RoutesOptions {
  seconds: number;
  chats: number;
  /** Parts of cases' names; all where there are none. */
  only: readonly string[];
  progress(text: string): void;
}

export interface Measured extends Load {
  /** Processor time of the peer for one request, in microseconds; what others do on the machine hardly touches it. */
  cpu: number;
}

export interface RoutesRun {
  setting: string[];
  peers: string[];
  rows: { name: string; kind: Case['kind']; measured: (Measured | undefined)[] }[];
  /** How much of all cores programs used that are no part of the benchmark, 0 to 1. */
  others: number;
}

/** Seconds, until what is hot is compiled. */
const warmUp = 2;

const root = join(import.meta.dirname, '../../..');

export async function runRoutes(options: RoutesOptions): Promise<RoutesRun> {
  const { seconds, chats, only, progress } = options;
  const settings = readSettings(process.env, root);
  const context = { ...settings, root, env: process.env, report: (line: string) => console.error(line) };
  const setup = await ensureSetup(context);
  const gunicorn = await ensureWheel(
    { ...context, logFile: join(settings.dataFolder, 'logs/setup.log') },
    setup.python,
    {
      name: 'gunicorn',
      requirements: join(import.meta.dirname, 'gunicorn-requirements.txt'),
      what: 'gunicorn',
      size: '0.1 MB',
    },
  );
  const cores = shareCores(true);
  const load = loadGenerator();
  const log = { info() {}, warn() {} };
  const relay = await startRelay({
    host: '127.0.0.1',
    port: 0,
    model: { kind: 'stand-in' },
    standIn: chatbotVoice,
    log,
  });
  const folder = await mkdtemp(join(tmpdir(), 'bench-routes-'));
  const rows: RoutesRun['rows'] = [];
  const others = watchOthers();
  try {
    for (const [at, { name, start }] of routePeers.entries()) {
      progress(`${name}: starting, and making ${chats} chats`);
      const own = join(folder, String(at));
      await mkdir(own);
      const model = { baseUrl: relay.url, key: relay.key };
      const peer = await start({ root, ...setup, gunicorn, model, folder: own, core: cores.measured });
      try {
        await measure(peer, at, name);
      } finally {
        await peer.stop();
      }
    }
  } finally {
    await relay.close();
    await rm(folder, { recursive: true, force: true });
  }
  const setting = [
    cores.says.replace('proxy alone', 'what is measured, alone').replace('upstream', "the model's stand-in"),
    `${load.name}, ${connections} connections, ${seconds} s a route; ${chats} chats`,
  ];
  return { setting, peers: routePeers.map(({ name }) => name), rows, others: others() };

  async function measure({ url, pid }: Running, at: number, name: string): Promise<void> {
    const cases = casesFor(await seed(url, chats));
    for (const each of cases) {
      if (only.length > 0 && !only.some((part) => each.name.includes(part))) continue;
      progress(`${name}: ${each.name}`);
      const asked = { url: url + each.path, connections, core: cores.around, request: each.request };
      await load.run({ ...asked, seconds: warmUp });
      const before = usageOf([pid]).cpu;
      const measured = await load.run({ ...asked, seconds });
      const cpu = (usageOf([pid]).cpu - before) / (measured.requestsPerSecond * seconds);
      const row = rows.find((known) => known.name === each.name) ?? { ...each, measured: [] };
      if (row.measured.length === 0) rows.push(row);
      row.measured[at] = { ...measured, cpu, ...(each.refusal && { failures: 0 }) };
    }
  }
}

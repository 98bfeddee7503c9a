/** The measurements: throughput and latency in rounds that take turns, memory of uploads one proxy after the other. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadGenerator } from '../load/load.ts';
import { median } from '../statistics.ts';
import type { Cores } from '../system/cores.ts';
import type { Running } from '../system/processes.ts';
import { usageOf, watchMemory, watchOthers } from '../system/usage.ts';
import { checkAnswers } from './check.ts';
import { large, small } from './contents.ts';
import type { Peer } from './peers/peer.ts';
import { upload } from './upload.ts';

/** One proxy under full load in one round. */
export interface Round {
  requestsPerSecond: number;
  /** Processor time of the proxy for one request, in microseconds; what others do on the machine hardly touches it. */
  cpu: number;
  /** How much of a core the proxy used, 0 to 1 and more. */
  share: number;
  /** How much of all cores programs used that are no part of the benchmark, 0 to 1. */
  others: number;
}

/** One proxy at a moderate concurrency in one round, in microseconds above the upstream asked directly. */
export interface Added {
  p50: number;
  p99: number;
}

/** In bytes. */
export interface Memory {
  idle: number;
  /** The highest under load. */
  load: number;
}

export interface Measured {
  small: Round[];
  large: Round[];
  added: Added[];
  memory: Memory;
  /** Answers other than 2xx and broken connections, over all rounds. */
  failures: number;
}

/** In bytes above what it had before, highest of the runs. */
export interface UploadMemory {
  one: number;
  ten: number;
}

export interface Conditions {
  load: LoadGenerator;
  cores: Cores;
  seconds: number;
  rounds: number;
  /** Leaves out large bodies, added latency and the memory of load. */
  onlySmall?: boolean;
  /** Seconds of load before the first round; from 1 to 4, as long as a measurement, unless told. */
  warmUp?: number;
  progress(text: string): void;
}

export const connections = { small: 32, large: 8, latency: 8 };

/** Measures proxies that run side by side; those that are not asked stand still. */
export async function measureRounds(
  running: ReadonlyMap<Peer, Running>,
  upstream: Running,
  conditions: Conditions,
): Promise<Map<Peer, Measured>> {
  const { rounds, seconds, load, cores, onlySmall = false, progress } = conditions;
  const core = cores.around;
  // V8 compiles what is hot within some ten thousand requests; before that the larger program looks slower than it is.
  const warmUp = conditions.warmUp ?? Math.max(1, Math.min(4, seconds));
  const measured = new Map<Peer, Measured>();
  for (const [peer, { url, pid }] of running) {
    progress(`${peer.name}: warming up`);
    await sleep(200);
    const idle = usageOf([pid]).memory;
    await checkAnswers(url);
    await load.run({ url: url + small.path, connections: connections.small, seconds: warmUp, core });
    if (!onlySmall)
      await load.run({ url: url + large.path, connections: connections.large, seconds: 1, core });
    measured.set(peer, { small: [], large: [], added: [], memory: { idle, load: idle }, failures: 0 });
  }
  for (let round = 1; round <= rounds; round++) {
    const latency = { connections: connections.latency, seconds, core };
    const direct = onlySmall ? undefined : await load.run({ ...latency, url: upstream.url + small.path });
    for (const [peer, proxy] of running) {
      const into = measured.get(peer) as Measured;
      progress(`round ${round} of ${rounds}: ${peer.name}`);
      if (!direct) {
        into.small.push(await fullLoad(proxy, small.path, connections.small, into, conditions));
        continue;
      }
      const stop = watchMemory([proxy.pid]);
      into.small.push(await fullLoad(proxy, small.path, connections.small, into, conditions));
      into.large.push(await fullLoad(proxy, large.path, connections.large, into, conditions));
      into.memory.load = Math.max(into.memory.load, stop());
      const through = await load.run({ ...latency, url: proxy.url + small.path });
      into.failures += through.failures;
      into.added.push({
        p50: through.latency.p50 - direct.latency.p50,
        p99: through.latency.p99 - direct.latency.p99,
      });
    }
  }
  return measured;
}

async function fullLoad(
  { url, pid }: Running,
  path: string,
  connections: number,
  into: Measured,
  { load, cores, seconds }: Conditions,
): Promise<Round> {
  const others = watchOthers();
  const before = usageOf([pid]).cpu;
  const start = performance.now();
  const run = await load.run({ url: url + path, connections, seconds, core: cores.around });
  const used = usageOf([pid]).cpu - before;
  into.failures += run.failures;
  return {
    requestsPerSecond: run.requestsPerSecond,
    cpu: used / (run.requestsPerSecond * seconds),
    share: used / 1000 / (performance.now() - start),
    others: others(),
  };
}

/** Measures a proxy that was started for this, so that earlier load has left nothing behind that could be used again. */
export async function measureUploads({ url, pid }: Running, conditions: Conditions): Promise<UploadMemory> {
  // Until V8's space for new objects has the size that ordinary requests give it.
  const warmUp = { url: url + small.path, connections: 32, seconds: 3, core: conditions.cores.around };
  await conditions.load.run(warmUp);
  await upload(url, 1024 * 1024);
  const extra = async (count: number): Promise<number> => {
    const before = await settled(pid);
    const stop = watchMemory([pid], 10);
    await Promise.all(Array.from({ length: count }, () => upload(url)));
    return stop() - before;
  };
  return { one: await extra(1), ten: await extra(10) };
}

/** The memory of a process at rest. */
async function settled(pid: number): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < 10; i++) {
    samples.push(usageOf([pid]).memory);
    await sleep(50);
  }
  return median(samples);
}

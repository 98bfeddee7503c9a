/** One run: starts what is measured, measures, stops it all. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadGenerator } from '../load/generator.ts';
import type { LoadGenerator } from '../load/load.ts';
import { type Cores, shareCores } from '../system/cores.ts';
import type { Running } from '../system/processes.ts';
import { canMeasure } from '../system/usage.ts';
import { type Measured, measureRounds, measureUploads, type UploadMemory } from './measure.ts';
import { peers as all } from './peers/index.ts';
import type { Peer } from './peers/peer.ts';
import { startFastUpstream, startSink } from './upstream.ts';

export interface RunOptions {
  /** Length of one measurement. */
  seconds: number;
  rounds: number;
  /** What is measured; every proxy unless told. */
  peers?: readonly Peer[];
  /** Parts of names; a proxy takes part when its name has one of them. Empty: all. */
  only: readonly string[];
  uploads: boolean;
  onlySmall?: boolean;
  /** Seconds of load before the first round. */
  warmUp?: number;
  /** Whether this process and what it starts are each given a core. */
  pin: boolean;
  progress(text: string): void;
}

export interface Result {
  name: string;
  kind: Peer['kind'];
  /** Absent where it could not be run; `missing` then says why. */
  measured?: Measured & { uploads?: Uploads };
  missing?: string;
}

export interface Run {
  /** What it was measured with, a line each. */
  setting: string[];
  rounds: number;
  seconds: number;
  results: Result[];
}

/** @throws Error when a proxy does not start or changes what the upstream says */
export async function run(options: RunOptions): Promise<Run> {
  if (!canMeasure())
    throw new Error('The benchmark reads /proc, which this system does not have: run it on Linux');
  const { peers = all } = options;
  const taking = peers.filter(
    ({ name }) => options.only.length === 0 || options.only.some((part) => name.includes(part)),
  );
  if (taking.length === 0)
    throw new Error(`No proxy is called that; there are ${peers.map((p) => p.name).join(', ')}`);
  const cores = shareCores(options.pin);
  const load = loadGenerator();
  const folder = await mkdtemp(join(tmpdir(), 'banyan-bench-'));
  try {
    const bench = { ...options, cores, load, folder };
    const { upstream, measured } = await rounds(taking, bench);
    const uploads = options.uploads ? await uploadsOf(taking, bench) : new Map<Peer, Uploads>();
    return {
      setting: [
        `Node ${process.version}, ${cores.says}`,
        `load by ${load.name}, upstream ${upstream}; ${options.rounds} rounds of ${options.seconds} s, the proxies in turn`,
      ],
      rounds: options.rounds,
      seconds: options.seconds,
      results: taking.map((peer) => resultOf(peer, measured.get(peer), uploads.get(peer))),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What uploads add, or how they failed. */
export type Uploads = UploadMemory | { fault: string };

type Bench = RunOptions & { cores: Cores; load: LoadGenerator; folder: string };

async function rounds(
  peers: readonly Peer[],
  bench: Bench,
): Promise<{ upstream: string; measured: Map<Peer, Measured> }> {
  const upstream = await startFastUpstream({ core: bench.cores.around, folder: bench.folder });
  const running = new Map<Peer, Running>();
  try {
    for (const peer of peers.filter(({ missing }) => !missing))
      running.set(peer, await peer.start(place(bench, upstream.url)));
    return { upstream: upstream.name, measured: await measureRounds(running, upstream, bench) };
  } finally {
    await Promise.all([...running.values(), upstream].map((program) => program.stop()));
  }
}

async function uploadsOf(peers: readonly Peer[], bench: Bench): Promise<Map<Peer, Uploads>> {
  const sink = await startSink({ core: bench.cores.around, folder: bench.folder });
  const measured = new Map<Peer, Uploads>();
  try {
    for (const peer of peers.filter(({ missing }) => !missing)) {
      bench.progress(`uploads: ${peer.name}`);
      const running = await peer.start(place(bench, sink.url));
      try {
        measured.set(peer, await measureUploads(running, bench));
      } catch (error) {
        measured.set(peer, { fault: error instanceof Error ? error.message : String(error) });
      } finally {
        await running.stop();
      }
    }
    return measured;
  } finally {
    await sink.stop();
  }
}

function place({ cores, folder }: Bench, upstream: string) {
  return { upstream, folder, core: cores.measured };
}

function resultOf({ name, kind, missing }: Peer, measured?: Measured, uploads?: Uploads): Result {
  if (!measured) return { name, kind, missing: missing ?? 'not measured' };
  return { name, kind, measured: { ...measured, ...(uploads && { uploads }) } };
}

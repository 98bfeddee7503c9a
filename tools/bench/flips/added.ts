/** What journal and shadow add to a client's requests: the same requests without a journal, with it, and with reads in shadow. */
import { median, quantile, ratio, type Spread, spread } from '../statistics.ts';
import { cpuOfAll } from '../system/usage.ts';
import type { Installation } from './installation.ts';
import { everyday, type Kind, kinds, type Timed, Users } from './users.ts';

const setups = ['off', 'off again', 'journal', 'shadow'] as const;
export type Setup = (typeof setups)[number];

export interface Latency {
  p50: number;
  p99: number;
}

/** Against `off` of the same round. */
export interface Added {
  kind: Kind | 'all';
  setup: Setup;
  /** Milliseconds, the middle of the rounds. */
  took: Latency;
  p50: { milliseconds: Spread; ratio: Spread };
  p99: { milliseconds: Spread; ratio: Spread };
}

/** Processor time of a request with all that it causes, in milliseconds: what others do on the machine hardly touches it. */
export type Cpu = Record<Setup, number>;

export interface AddedRun {
  rows: Added[];
  cpu: Cpu;
  failed: number;
}

export interface AddedOptions {
  users: number;
  rounds: number;
  /** Of each round, of each setup. */
  requests: number;
  pace: number;
  /** A database server that they all have. */
  server: { readonly pid: number } | undefined;
}

/** The setups take turns, so that what disturbs the machine disturbs all of them; `off again` shows how much it does. */
export async function measureAdded(
  start: (continuity: 'on' | 'off') => Promise<Installation>,
  { users: count, rounds, requests, pace, server }: AddedOptions,
): Promise<AddedRun> {
  const started: Installation[] = [];
  const open = async (continuity: 'on' | 'off') => {
    const installation = await start(continuity);
    started.push(installation);
    return { installation, users: await Users.of(installation.url, count) };
  };
  const runs = new Map<Setup, Timed[][]>(setups.map((setup) => [setup, []]));
  const cpu = new Map<Setup, number[]>(setups.map((setup) => [setup, []]));
  try {
    const off = await open('off');
    const on = await open('on');
    for (let round = -1; round < rounds; round += 1) {
      // Another one begins each time.
      const first = (round + 1) % setups.length;
      for (const setup of [...setups.slice(first), ...setups.slice(0, first)]) {
        const { installation, users } = setup.startsWith('off') ? off : on;
        if (setup === 'shadow') await installation.flip('shadow', ['GET']);
        const used = () => cpuOfAll(installation.pid) + (server ? cpuOfAll(server.pid) : 0);
        const before = used();
        const all = await users.go(everyday, { requests }, pace);
        if (installation === on.installation) await installation.even();
        if (round >= 0) cpu.get(setup)?.push((used() - before) / 1000 / all.length);
        if (setup === 'shadow') await installation.flip('legacy');
        // The first round is for what is compiled and filled once.
        if (round >= 0) runs.get(setup)?.push(all);
      }
    }
  } finally {
    for (const installation of started) await installation.stop();
  }
  const failed = [...runs.values()].flat(2).filter((timed) => timed.failed).length;
  const rows = (['all', ...kinds] as const).flatMap((kind) =>
    setups.map((setup) => addedOf(kind, setup, runs)),
  );
  const used = setups.map((setup) => [setup, median(cpu.get(setup) ?? [])]);
  return { rows, cpu: Object.fromEntries(used) as Cpu, failed };
}

function addedOf(kind: Kind | 'all', setup: Setup, runs: ReadonlyMap<Setup, Timed[][]>): Added {
  const each = (of: Setup, share: number) =>
    (runs.get(of) ?? []).map((all) =>
      quantile(
        all.filter((timed) => kind === 'all' || timed.kind === kind).map(({ took }) => took),
        share,
      ),
    );
  const against = (share: number) => {
    const [ours, off] = [each(setup, share), each('off', share)];
    const milliseconds = ours.map((value, round) => value - (off[round] as number));
    return { took: spread(ours).median, milliseconds: spread(milliseconds), ratio: ratio(ours, off) };
  };
  const [p50, p99] = [against(0.5), against(0.99)];
  return { kind, setup, took: { p50: p50.took, p99: p99.took }, p50, p99 };
}

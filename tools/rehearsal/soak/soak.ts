/** Flips of single routes under load, first with nothing killed and then with kills at random moments. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Chance, chance } from '@banyan/operations/testing/random.ts';
import { routeTable } from '../../../contract/routes.ts';
import { startTraffic, type Traffic } from '../traffic.ts';
import type { Blow, Parts } from './parts.ts';

export interface SoakOptions {
  parts: Parts;
  clients: number;
  /** In all; the kills come in the second half. */
  flips: number;
  /** In the second half. */
  kills: number;
  /** What is killed. */
  blows: readonly Blow[];
  seed: number;
  report: (line: string) => void;
}

export interface SoakReport {
  flips: number;
  requests: number;
  acknowledged: number;
  kills: Record<Blow, number>;
  /** Messages whose replay lost its model call with a gateway: legacy has them once, with its excuse as the reply. */
  excused: number;
  /** What must not be; empty, if all is well. */
  faults: string[];
}

interface Journal {
  lag: { legacy: number; new: number };
  underWay: number;
  doubt: number;
  pinned: { id: string; route: string; side: string; reason: string }[];
  divergent: number;
}

/** Requests that are answered between two flips. */
const perFlip = 8;
/** How long both sides may take to have everything, when it is over, in milliseconds: documents wait for each other. */
const rest = 600_000;

export async function soak({
  parts,
  clients,
  flips,
  kills,
  blows,
  seed,
  report,
}: SoakOptions): Promise<SoakReport> {
  const random = chance(seed);
  const found: SoakReport = {
    flips: 0,
    requests: 0,
    acknowledged: 0,
    faults: [],
    kills: { gateway: 0, worker: 0, PostgreSQL: 0, legacy: 0 },
    excused: 0,
  };
  const phases = [
    { name: 'nothing is killed', forgiving: false, kills: 0 },
    { name: 'with kills', forgiving: true, kills },
  ];
  for (const phase of phases) {
    let forgiving = phase.forgiving;
    const traffic = startTraffic({
      users: clients,
      pace: 50,
      seed: seed + found.flips,
      url: () => parts.url,
      forgiving: () => forgiving,
      onFailure: ({ kind, what }) => void found.faults.push(`${phase.name}: ${kind}: ${what}`),
    });
    const each = Math.ceil(flips / 2);
    const every = Math.floor(each / (phase.kills + 1));
    for (let nth = 1; nth <= each; nth += 1) {
      await flipOne(parts, random, found);
      await answeredMore(traffic, perFlip);
      if (phase.kills > 0 && nth % every === 0) await strike(parts, random.of(blows), random, found);
      if (nth % 100 === 0) report(`${phase.name}: ${nth} flips, ${traffic.times.length} requests`);
    }
    report(`${phase.name}: ${each} flips done, ${traffic.times.length} requests; waiting until all is seen`);
    await traffic.stop();
    await even(parts, found);
    // Nothing is killed any more.
    forgiving = false;
    for (const mode of ['legacy', 'new']) {
      await all(parts, mode);
      await even(parts, found);
      await traffic.look();
      report(`${phase.name}: looked at everything on ${mode}, ${found.faults.length} faults`);
    }
    found.faults.push(...(await divergences(parts)));
    found.requests += traffic.times.length;
    found.acknowledged += traffic.acknowledged();
  }
  return found;
}

async function flipOne(parts: Parts, random: Chance, found: SoakReport): Promise<void> {
  const { key: target } = random.of(routeTable.routes);
  const mode = random.of(['new', 'legacy']);
  if (await flip(parts, target, mode)) found.flips += 1;
  else found.faults.push(`${target} could not be flipped to ${mode}`);
}

/** Resolves when so many requests more were answered; what is killed may keep them from it for a while. */
async function answeredMore(traffic: Traffic, requests: number): Promise<void> {
  const wanted = traffic.times.length + requests;
  for (const end = performance.now() + 5000; performance.now() < end; await pause(5))
    if (traffic.times.length >= wanted) return;
}

/** Asks again while the gateway is away. */
async function flip(parts: Parts, target: string, mode: string): Promise<boolean> {
  for (const end = performance.now() + 30_000; performance.now() < end; await pause(100)) {
    const ended = parts.ended();
    if (ended) throw new Error(`The gateway has ended:\n${ended}`);
    const done = await parts.console('flip', { target, mode, force: true, who: 'soak', why: 'soak' }).then(
      () => true,
      () => false,
    );
    if (done) return true;
  }
  return false;
}

async function all(parts: Parts, mode: string): Promise<void> {
  for (const { key } of routeTable.routes) await flip(parts, key, mode);
}

async function strike(parts: Parts, blow: Blow, random: Chance, found: SoakReport): Promise<void> {
  found.kills[blow] += 1;
  await pause(random.below(200));
  await parts.blow(blow);
}

/** What a write was answered in its replay and not by the side that served it. */
async function divergences(parts: Parts): Promise<string[]> {
  const { divergent } = (await parts.console('journal')) as Journal;
  if (divergent === 0) return [];
  const shown = JSON.stringify(await parts.console('divergences'));
  return [`${divergent} writes were answered otherwise in their replay: ${shown.slice(0, 3000)}`];
}

/** Does with such messages what a person would. @returns what else is stuck */
async function skipExcused(
  parts: Parts,
  pinned: Journal['pinned'],
  found: SoakReport,
): Promise<Journal['pinned']> {
  const excused = pinned.filter(({ reason }) => reason === 'legacy has stored it with another reply');
  for (const { id, reason } of excused) {
    await parts.console('journal/skip', { id, reason, who: 'soak' });
    found.excused += 1;
  }
  return pinned.filter((entry) => !excused.includes(entry));
}

async function even(parts: Parts, found: SoakReport): Promise<void> {
  let last: Journal | undefined;
  for (const end = performance.now() + rest; performance.now() < end; await pause(250)) {
    last = (await parts.console('journal').catch(() => undefined)) as Journal | undefined;
    if (!last) continue;
    const { lag, underWay, doubt } = last;
    const pinned = await skipExcused(parts, last.pinned, found);
    if (pinned.length > 0) return void found.faults.push(`pinned: ${JSON.stringify(pinned.slice(0, 5))}`);
    if (lag.legacy + lag.new + underWay + doubt === 0) return;
  }
  found.faults.push(`it does not come to rest: ${JSON.stringify(last)}`);
}

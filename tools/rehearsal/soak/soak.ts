/** Flips of single routes under load, first with nothing killed and then with kills at random moments; the first sync comes in between. */
import { setTimeout as pause } from 'node:timers/promises';
import type { DivergentWrite } from '@banyan/gateway/continuity/operator.ts';
import { type Chance, chance } from '@banyan/operations/testing/random.ts';
import { routeTable } from '../../../contract/routes.ts';
import { type ChatState, differences, stateOf } from '../hour/state.ts';
import { startTraffic, type Traffic } from '../traffic.ts';
import type { Failure, OldChat } from '../user.ts';
import { areCounts, unlike } from './both-sides.ts';
import { Outsider } from './outsider.ts';
import type { Blow, Parts } from './parts.ts';
import { type Ground, type SoakReport, settled } from './settled.ts';

export interface SoakOptions {
  parts: Parts;
  clients: number;
  flips: number;
  /** The share of the flips before which nothing is killed. */
  calm: number;
  /** In the rest of the flips. */
  kills: number;
  /** What is killed. */
  blows: readonly Blow[];
  /** Whether somebody writes directly on legacy. */
  outside: boolean;
  seed: number;
  report: (line: string) => void;
}

const createRoute = 'POST /api/chats';
/** Requests that are answered between two flips. */
const perFlip = 8;
/** The share of the flips after which the first sync begins. */
const beginSync = 0.25;
/** How long it takes at most until what was written directly on legacy is shown, in milliseconds. */
const untilAdopted = 60_000;

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { parts, clients, flips, kills, calm, blows, outside, seed, report } = options;
  const random = chance(seed);
  const found: SoakReport = {
    flips: 0,
    requests: 0,
    acknowledged: 0,
    faults: [],
    kills: { gateway: 0, worker: 0, PostgreSQL: 0, legacy: 0 },
    excused: 0,
    outside: 0,
    decided: { adopt: 0, keep: 0 },
  };
  const undisturbed = Math.floor(flips * calm);
  const phases = [
    { name: 'nothing is killed', flips: undisturbed, isCalm: true },
    { name: 'with kills', flips: flips - undisturbed, isCalm: false },
  ].filter((phase) => phase.flips > 0);
  const all: Traffic[] = [];
  const shared = shares(parts.old, clients);
  const outsider = new Outsider({
    legacyUrl: parts.legacyUrl,
    random: chance(seed),
    old: parts.old.slice(clients),
  });
  const ground: Ground = { parts, random, outsider, traffics: all, report, found };
  let nth = 0;
  for (const phase of phases) {
    let forgiving = !phase.isCalm;
    const isFirst = all.length === 0;
    const onFailure = ({ kind, what }: Failure) => void found.faults.push(`${phase.name}: ${kind}: ${what}`);
    const traffic = startTraffic({
      users: clients,
      pace: 50,
      seed: seed + found.flips,
      url: () => parts.url,
      has: (user) => (isFirst ? (shared[user] ?? []) : []),
      forgiving: () => forgiving,
      countsOthers: outside,
      mayForget: () => found.kills.legacy > 0,
      onFailure,
    });
    all.push(traffic);
    if (outside) outsider.start();
    const every = phase.isCalm ? 0 : Math.floor(phase.flips / (kills + 1));
    for (let i = 1; i <= phase.flips; i += 1) {
      nth += 1;
      if (nth === Math.ceil(flips * beginSync)) await beginFirstSync(parts, report);
      await flipOne(parts, random, found);
      await answeredMore(traffic, perFlip);
      if (every > 0 && i % every === 0) await strike(parts, random.of(blows), random, found);
      if (i % 50 === 0)
        report(`${phase.name}: ${i} flips, ${traffic.times.length} requests, ${found.faults.length} faults`);
    }
    report(
      `${phase.name}: ${phase.flips} flips done, ${traffic.times.length} requests, ${found.faults.length} faults; waiting until all is seen`,
    );
    await outsider.stop();
    await traffic.stop();
    // Nothing is killed any more.
    forgiving = false;
    await settled(ground);
    await lookAtAll(ground, phase.name);
    found.requests += traffic.times.length;
    found.acknowledged += traffic.acknowledged();
  }
  found.outside = outsider.acknowledged;
  found.faults.push(...(await divergences(parts, outside)), ...(await unlike(parts)));
  return found;
}

/** The users' shares of the old chats: a chat each. Nobody uses the rest. */
const shares = (old: readonly OldChat[], users: number): OldChat[][] =>
  old.slice(0, users).map((chat) => [chat]);

async function beginFirstSync(parts: Parts, report: (line: string) => void): Promise<void> {
  await persistently(parts, () => parts.console('sync', { do: 'start' }));
  report('the first sync begins');
}

/** Everything is looked at on one backend and on the other; the two looks show the same. */
async function lookAtAll(ground: Ground, name: string): Promise<void> {
  const { parts, traffics, report, found } = ground;
  const states: ChatState[][] = [];
  for (const mode of ['legacy', 'new']) {
    await all(parts, mode);
    await settled(ground);
    for (const traffic of traffics) await traffic.look();
    const { state, missing } = await adopted(ground);
    found.faults.push(...missing.map((text) => `${name}: ${mode}: ${text}`));
    states.push(state);
    report(`${name}: looked at ${state.length} chats on ${mode}, ${found.faults.length} faults`);
  }
  const [legacy = [], fresh = []] = states.map((state) => state.map(asCounted));
  found.faults.push(...differences(legacy, fresh, true).map((text) => `${name}: between the two: ${text}`));
}

/** As the title of a new chat counts the chats, what is created directly meanwhile makes the backends count differently. */
const asCounted = (state: ChatState): ChatState => ({
  ...state,
  title: state.title.replace(/^New Chat \d+$/, 'New Chat'),
});

/** What was written directly on legacy is shown within a minute. @returns what is not */
async function adopted(ground: Ground): Promise<{ state: ChatState[]; missing: string[] }> {
  for (const end = performance.now() + untilAdopted; ; await pause(1000)) {
    const state = await stateOf(ground.parts.url);
    const missing = ground.outsider.missing(state);
    if (missing.length === 0 || performance.now() > end) return { state, missing };
    await settled(ground);
  }
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

const flip = (parts: Parts, target: string, mode: string): Promise<boolean> =>
  persistently(parts, () => parts.console('flip', { target, mode, force: true, who: 'soak', why: 'soak' }));

/** Asks again while the gateway is away. @returns whether it was done */
async function persistently(parts: Parts, ask: () => Promise<unknown>): Promise<boolean> {
  for (const end = performance.now() + 30_000; performance.now() < end; await pause(100)) {
    const ended = parts.ended();
    if (ended) throw new Error(`The gateway has ended:\n${ended}`);
    const done = await ask().then(
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
async function divergences(parts: Parts, outside: boolean): Promise<string[]> {
  const { writes } = (await parts.console('divergences')) as { writes: DivergentWrite[] };
  // The title of a new chat counts the chats: one that was created directly is counted by legacy alone until it is adopted.
  const isExplained = ({ route, differences: found }: DivergentWrite) =>
    outside && (route === '(written on legacy)' || (route === createRoute && areCounts(found)));
  return writes
    .filter((write) => !isExplained(write))
    .map((write) => `answered otherwise in its replay: ${JSON.stringify(write).slice(0, 1500)}`);
}

/** State continuity, put together: journal, mirror, what resolves doubt, and who answers reads. */
import { join } from 'node:path';
import type { AcceptedRule } from '../../compare/accept.ts';
import { createMatch } from '../../contract/match.ts';
import type { BackendName, Route, RouteKey, RouteTable } from '../../contract/route-table.ts';
import type { Backend, BackendResponse } from '../backends/backend.ts';
import { BanyanError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { defaultRules } from '../record/patterns.ts';
import type { Asked, Continuity } from '../serve/continuity.ts';
import { Bodies } from './bodies/bodies.ts';
import { legacyTarget } from './ids/legacy-request.ts';
import { IdRegistry } from './ids/registry.ts';
import { clean } from './journal/clean.ts';
import { Journal, type Patience } from './journal/journal.ts';
import { allOwed } from './journal/mirrored.ts';
import { settle } from './journal/settle.ts';
import { type JournalSize, size } from './journal/size.ts';
import { Spill } from './journal/spill.ts';
import type { JournalDb } from './journal/tables.ts';
import { touched } from './keys/keys.ts';
import { Mirror, type MirrorOptions } from './mirror/mirror.ts';
import { otherSide } from './modes.ts';
import { createOperator, type JournalOperator } from './operator.ts';
import { createSpelling } from './other-spellings.ts';
import { chooseSide } from './reads/choose-side.ts';
import { type ListRoute, mergedList } from './reads/merged-list.ts';
import { Tie } from './relay/tie.ts';
import type { ShadowGround } from './shadow/shadow.ts';
import { Tally } from './shadow/tally.ts';
import { Sides, whole } from './sides/sides.ts';
import { TimeMemory } from './times/memory.ts';
import { ShownTimes } from './times/shown-times.ts';
import { Resolver } from './writes/resolver.ts';
import { Writer } from './writes/writer.ts';

export interface ContinuityOptions {
  table: RouteTable;
  backends: Readonly<Record<BackendName, Backend>>;
  /** The database with the journal's tables; opened where it is not yet. */
  db: () => Promise<JournalDb>;
  /** Sees to it that `new` never does an operation, unless it has; and says which. */
  voidOnNew(id: string): Promise<'void' | 'done'>;
  /** Large bodies and what could not be written into PostgreSQL. */
  folder: string;
  tie?: Tie;
  log: Logger;
  patience?: Partial<Patience & { read: number; move: number }>;
  mirror?: Pick<MirrorOptions, 'concurrency' | 'backOff' | 'presumedAfter' | 'readAhead'>;
  /** Told of writes that the two backends do not answer alike. */
  onDivergence?: (route: RouteKey) => void;
  /** Headers that are sent and not written down, in lower case; those of recordings unless told. */
  secretHeaders?: readonly string[];
  /** How long an entry is kept that both sides have, in seconds; a week unless told. */
  keepFor?: number;
  /** Differences that a person signed off. */
  rules?: readonly AcceptedRule[];
}

export interface OpenContinuity extends Continuity {
  journal: Journal;
  mirror: Mirror;
  resolver: Resolver;
  operator: JournalOperator;
  /** For comparing reads in mode `shadow`. */
  shadowGround: ShadowGround;
  /** Size, age, doubt and lag, for people. */
  size(): Promise<JournalSize>;
  /** Finishes what is under way; what is owed is found again at the next start. */
  close(): Promise<void>;
}

/**
 * Loads what an earlier gateway left, writes down what it had spilled, and looks into what is in doubt.
 * @throws where the database cannot be opened
 */
export async function openContinuity(options: ContinuityOptions): Promise<OpenContinuity> {
  const { table, log, backends, voidOnNew, patience = {} } = options;
  const db = await options.db();
  const names = { ids: await IdRegistry.load(db), times: await TimeMemory.load(db) };
  const bodies = new Bodies(join(options.folder, 'bodies'));
  const spill = new Spill(join(options.folder, 'spill'));
  const journal = new Journal({
    db: options.db,
    spill,
    names,
    log,
    patience,
    onSettled: () => mirror.kick(),
  });
  const sides = new Sides({ table, backends, names, bodies });
  const tie = options.tie ?? new Tie();
  const times = new ShownTimes(sides);
  const tally = new Tally();
  const mirror = new Mirror({
    ...{ ...options.mirror, journal, sides, times, tie, log },
    ...{ tally, rules: options.rules ?? [], onDivergence: options.onDivergence },
  });
  const resolver = new Resolver({ journal, sides, tie, voidOnNew, log });
  const writer = new Writer({
    ...{ journal, sides, bodies, resolver, tie },
    secretHeaders: new Set(options.secretHeaders ?? defaultRules.headers),
    ...(patience.move !== undefined && { moveWithin: patience.move }),
  });
  for (const settlement of await spill.all()) {
    await settle(db, settlement);
    for (const pair of settlement.ids) names.ids.add(pair);
    await spill.remove(settlement.id);
  }
  const lookIntoDoubt = await resolver.recover();
  for (const entry of await allOwed(db)) journal.lag.loaded(entry);
  await journal.loadOwners(table);
  lookIntoDoubt();
  mirror.kick();
  const cleaning = every(hour, async () => {
    const cleaned = await clean(await options.db(), options.keepFor ?? 7 * 24 * 3600, bodies);
    if (cleaned > 0) log.info({ entries: cleaned }, 'the journal was cleaned of what both backends have');
  });

  const routeOf = routes(table);
  const spelled = createSpelling(table);
  return {
    ...{ journal, mirror, resolver },
    operator: createOperator({ journal, mirror, sides }),
    shadowGround: {
      tally,
      watch: (route, params) => journal.lag.watch(touched(route, { params })),
      shown: (route, answer) => sides.shown('new', route, answer),
    },
    size: async () => size(await options.db(), mirror.waits.all()),
    async answer(given, signal, outcome) {
      const asked = spelled(given);
      const found = asked.target.canonical ? routeOf(asked) : undefined;
      if (!found || (found.route.access === 'read' && found.route.keys.length === 0)) {
        outcome.backend = asked.flagged;
        return backends[asked.flagged].send(asked.request, signal);
      }
      if (found.route.access === 'write')
        return writer.write({
          ...{
            ...found,
            request: asked.request,
            flagged: asked.flagged,
            mode: asked.mode,
            epoch: asked.epoch,
          },
          onSide: (side, known, held) => {
            Object.assign(outcome, { backend: side, known, held });
          },
        });
      const reads = touched(found.route, found);
      // How something is doing that goes on by itself is known where it was begun.
      const owner = found.route.polling && journal.ownerOf(reads.keys);
      const { elements } = found.route;
      const canMerge = elements !== undefined && asked.request.method === 'GET';
      const patient = canMerge ? Math.min(beforeMerging, patience.read ?? beforeMerging) : patience.read;
      const began = performance.now();
      const { side, lacksSome } = owner
        ? { side: owner, lacksSome: false }
        : await chooseSide(journal.lag, asked.flagged, reads, patient);
      Object.assign(outcome, { backend: side, held: performance.now() - began });
      return lacksSome && canMerge
        ? readOfBoth(side, { ...found, route: { ...found.route, elements } }, asked, signal)
        : read(side, found, asked, signal);
    },
    async close() {
      await Promise.all([mirror.close(), resolver.close(), journal.close(), cleaning.close()]);
    },
  };

  async function ask(
    side: BackendName,
    { route, params }: Found,
    { request }: Asked,
    signal: AbortSignal,
  ): Promise<BackendResponse> {
    const target = side === 'new' ? request.target : legacyTarget(route, params, request.target, names.ids);
    return backends[side].send({ ...request, target }, signal);
  }

  async function read(
    side: BackendName,
    found: Found,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<BackendResponse> {
    return sides.passing(side, found.route, await ask(side, found, asked, signal));
  }

  async function readOfBoth(
    side: BackendName,
    found: FoundList,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<BackendResponse> {
    const { elements } = found.route;
    // Before they are asked: what is behind then may be shown as it was.
    const behind = journal.lag.keysBehind(side, elements.kind);
    if (behind.size === 0) return read(side, found, asked, signal);
    const other = otherSide[side];
    const wholeOf = async (one: BackendName) =>
      sides.shown(one, found.route, await whole(await ask(one, found, asked, signal)));
    const [here, there] = await Promise.all([wholeOf(side), wholeOf(other)]);
    // Nobody is shown a list that lacks what has been acknowledged, as if it were all there is.
    if (here.status === 200 && there.status !== 200)
      throw new BanyanError('backend_failed', { backend: other });
    return mergedList(found.route, here, there, (key) => behind.has(key));
  }
}

/** What a list of everything reads where neither side has it all. */
type FoundList = Found & { route: ListRoute };

/** How long the mirror has, before a list is put together of what both sides have, in milliseconds. */
const beforeMerging = 250;

const hour = 3_600_000;

/** Does something at once and again and again, off everybody's path; what fails is tried the next time. */
function every(milliseconds: number, work: () => Promise<void>): { close(): Promise<void> } {
  let running = Promise.resolve();
  const run = () => {
    running = running.then(work).catch(() => undefined);
  };
  run();
  const timer = setInterval(run, milliseconds).unref();
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}

interface Found {
  route: Route;
  params: Record<string, string>;
}

/** What a request of the table's own methods asks; HEAD asks what GET does. Anything else touches nothing. */
function routes(table: RouteTable): (asked: Asked) => Found | undefined {
  const match = createMatch(table);
  return ({ request, target }) => {
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const found = match(target.path);
    const route = found?.routes.find((candidate) => candidate.method === method);
    return route && found ? { route, params: found.params } : undefined;
  };
}

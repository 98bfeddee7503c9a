/** State continuity, put together: journal, mirror, what resolves doubt, and who answers reads. */
import { join } from 'node:path';
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import type { Session } from '@banyan/operations/db/session.ts';
import type { BackendName, Route, RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { CompiledQuery } from 'kysely';
import type { Backend, BackendResponse } from '../backends/backend.ts';
import { BanyanError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { Alarms } from './alarms/alarms.ts';
import { Bodies } from './bodies/bodies.ts';
import { type DiskBounds, type Free, Room } from './bodies/room.ts';
import { Claim } from './claim/claim.ts';
import { refuseAmbiguous } from './ids/ambiguous.ts';
import { legacyTarget } from './ids/legacy-request.ts';
import { IdRegistry } from './ids/registry.ts';
import { IdWatch } from './ids/watch.ts';
import { clean } from './journal/clean.ts';
import type { SecretHeaders } from './journal/credentials.ts';
import { Journal, type Patience } from './journal/journal.ts';
import { allOwed } from './journal/mirrored.ts';
import { settle } from './journal/settle.ts';
import { type JournalSize, size } from './journal/size.ts';
import { isNamed, namedFiles } from './journal/spent.ts';
import { Spill } from './journal/spill.ts';
import type { JournalDb } from './journal/tables.ts';
import { isRead } from './json/exchanges.ts';
import { sharedKeys } from './mirror/held-keys.ts';
import { Mirror, type MirrorOptions } from './mirror/mirror.ts';
import type { TakeOver } from './mirror/take-over.ts';
import { createOperator, type JournalOperator } from './operator.ts';
import { createSpelling } from './other-spellings.ts';
import { type Asked, type Continuity, type Handled, handled } from './protocol/continuity.ts';
import { touched } from './protocol/keys.ts';
import { otherSide } from './protocol/roles.ts';
import { chooseSide } from './reads/choose-side.ts';
import { type ListRoute, mergedList } from './reads/merged-list.ts';
import { Tie } from './relay/tie.ts';
import type { ShadowGround } from './shadow/shadow.ts';
import { Tally } from './shadow/tally.ts';
import { toBeRead } from './sides/headers.ts';
import { Sides } from './sides/sides.ts';
import { readable, whole } from './sides/whole-answer.ts';
import { TimeMemory } from './times/memory.ts';
import { ShownTimes } from './times/shown-times.ts';
import { Resolver } from './writes/resolver.ts';
import { Writer } from './writes/writer.ts';

export interface ContinuityOptions {
  table: RouteTable;
  backends: Readonly<Record<BackendName, Backend>>;
  /** The database with the journal's tables; opened where it is not yet. */
  db: () => Promise<JournalDb>;
  /** Opens a connection for the claim, under a name; without, no other process can have the database. */
  openSession?: ((name: string) => Promise<Session>) | undefined;
  /** The id of a gateway of which a person says that it is gone. */
  saidGone?: string | undefined;
  /** Another gateway has taken the database over: this one takes no more and has to end. */
  onClaimLost?: (error: BanyanError) => void;
  /** Sees to it that `new` never does an operation, unless it has; and says which. */
  voidOnNew(id: string): Promise<'void' | 'done'>;
  /** Makes `new` show an entity as legacy does; undefined where the application does not have it. */
  takeOver?: TakeOver | undefined;
  /** Large bodies and what could not be written into PostgreSQL. */
  folder: string;
  /** Where legacy answers: it may redirect to its own address. */
  legacyUrl?: string;
  tie?: Tie;
  /** What the route table does not describe; in memory alone unless told. */
  alarms?: Alarms;
  log: Logger;
  /** `look`: the first pause between two looks at a write in doubt. */
  patience?: Partial<Patience & { read: number; move: number; look: number }>;
  mirror?: Pick<MirrorOptions, 'concurrency' | 'backOff' | 'presumedAfter' | 'readAhead'>;
  /** Told of writes that the two backends do not answer alike. */
  onDivergence?: (route: RouteKey) => void;
  /** Headers that are sent and not written down, in lower case. */
  secretHeaders: SecretHeaders;
  /** What bodies may take of the disk. */
  disk?: DiskBounds;
  /** How much is free on the disk; for tests. */
  freeBytes?: Free;
  /** How long an entry is kept that both sides have, in seconds; a week unless told. */
  keepFor?: number;
  /** Differences that a person signed off. */
  rules?: readonly AcceptedRule[];
}

export interface OpenContinuity extends Continuity {
  journal: Journal;
  mirror: Mirror;
  resolver: Resolver;
  /** Shown to a gateway that finds this one in its way. */
  noteConsole(url: string): Promise<void>;
  operator: JournalOperator;
  alarms: Alarms;
  /** For comparing reads in mode `shadow`. */
  shadowGround: ShadowGround;
  /** Size, age, doubt and lag, for people. */
  size(): Promise<JournalSize>;
  /** Finishes what is under way; what is owed is found again at the next start. */
  close(): Promise<void>;
}

/**
 * Claims the database, loads what an earlier gateway left, writes down what it had spilled, and looks into what is in doubt.
 * @throws where the database cannot be opened; BanyanError `gateway_claimed` where another gateway has it
 */
export async function openContinuity(options: ContinuityOptions): Promise<OpenContinuity> {
  const { openSession, saidGone, log } = options;
  const db = await options.db();
  const claim = await Claim.take({ openSession, saidGone, log, query: queryOf(db) });
  try {
    return await openClaimed(options, db, claim);
  } catch (error) {
    await claim.close();
    throw error;
  }
}

const queryOf =
  (db: JournalDb): Session['query'] =>
  async <Row>(text: string, values: readonly unknown[] = []) =>
    (await db.executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows;

async function openClaimed(options: ContinuityOptions, db: JournalDb, claim: Claim): Promise<OpenContinuity> {
  const { table, log, backends, voidOnNew, patience = {} } = options;
  const names = { ids: await IdRegistry.load(db, table), times: await TimeMemory.load(db) };
  const bodies = new Bodies(join(options.folder, 'bodies'), {
    isNeeded: async (file) => isNamed(await options.db(), file),
    room: new Room(options.disk, options.freeBytes),
  });
  await bodies.recover(await namedFiles(db));
  const spill = new Spill(join(options.folder, 'spill'));
  const journal = new Journal({
    db: options.db,
    claim,
    spill,
    names,
    log,
    patience,
    onSettled: () => mirror.kick(),
    onSpent: (file) => bodies.remove(file),
  });
  const sides = new Sides({ table, backends, names, bodies });
  const tie = options.tie ?? new Tie();
  const alarms = options.alarms ?? new Alarms({ table, log });
  tie.onHeld((route, example) => alarms.raise(route, 'untied_model_call', { example }));
  const idWatch = new IdWatch(alarms, options.db);
  const times = new ShownTimes(sides);
  const tally = new Tally();
  const mirror = new Mirror({
    ...options.mirror,
    journal,
    sides,
    times,
    tie,
    log,
    tally,
    rules: options.rules ?? [],
    onDivergence: options.onDivergence,
    takeOver: options.takeOver,
    legacyUrl: options.legacyUrl,
    alarms,
    idWatch,
  });
  const resolver = new Resolver({
    journal,
    sides,
    tie,
    alarms,
    voidOnNew,
    log,
    ...(patience.look !== undefined && { every: patience.look }),
  });
  const writer = new Writer({
    journal,
    sides,
    bodies,
    resolver,
    tie,
    alarms,
    idWatch,
    secretHeaders: options.secretHeaders,
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
  void claim.lost.then(async (error) => {
    options.onClaimLost?.(error);
    await Promise.all([mirror.close(), resolver.close()]);
  });
  const cleaning = every(hour, async () => {
    const cleaned = await clean(await options.db(), options.keepFor ?? 7 * 24 * 3600, bodies);
    if (cleaned > 0) log.info({ entries: cleaned }, 'the journal was cleaned of what both backends have');
  });

  const spelled = createSpelling(table);
  return {
    journal,
    mirror,
    resolver,
    alarms,
    noteConsole: (url) => claim.noteConsole(url),
    operator: createOperator({ journal, mirror, resolver, sides, bodies }),
    shadowGround: {
      tally,
      watch: (route, params) => journal.lag.watch(touched(route, { params })),
      shown: (route, answer) => sides.shown('new', route, answer),
    },
    size: async () => size(await options.db(), sharedKeys(sides), bodies.use, mirror.waits.all()),
    async answer(given, signal) {
      const asked = spelled(given);
      const found = routeOf(asked);
      const { flagged, request, mode, epoch } = asked;
      if (!found || isLeftAlone(found.route))
        return handled({ backend: flagged }, async () =>
          sides.linked(flagged, await backends[flagged].send(request, signal)),
        );
      try {
        // What is known in memory is no longer the truth then, so reads are refused too.
        claim.check();
        if (found.route.access === 'write')
          return await writer.write({ ...found, request, flagged, mode, epoch });
        return await answerRead(found, asked, signal);
      } catch (error) {
        return { error };
      }
    },
    async close() {
      await Promise.all([mirror.close(), resolver.close(), journal.close(), cleaning.close()]);
      await alarms.close();
      await claim.close();
    },
  };

  async function answerRead(found: Found, asked: Asked, signal: AbortSignal): Promise<Handled> {
    refuseAmbiguous(found.route, found, { alarms, lag: journal.lag });
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
    const held = performance.now() - began;
    return handled({ backend: side, held }, () =>
      lacksSome && canMerge
        ? readOfBoth(side, { ...found, route: { ...found.route, elements } }, asked, signal)
        : read(side, found, asked, signal),
    );
  }

  async function ask(
    side: BackendName,
    { route, params }: Found,
    { request }: Asked,
    signal: AbortSignal,
  ): Promise<BackendResponse> {
    const target = side === 'new' ? request.target : legacyTarget(route, params, request.target, names.ids);
    if (!isRead(route)) return backends[side].send({ ...request, target }, signal);
    const rawHeaders = toBeRead(request.rawHeaders);
    const asking = { ...request, target, rawHeaders, deadlineCovers: 'answer' as const };
    const answer = await backends[side].send(asking, signal);
    if (request.method !== 'GET') return answer;
    return idWatch.read(side, { route, known: { params }, target: request.target }, answer);
  }

  async function read(
    side: BackendName,
    found: Found,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<BackendResponse> {
    const { route } = found;
    const { method } = asked.request;
    return sides.passing(await ask(side, found, asked, signal), { side, route, method, signal });
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
      sides.shown(
        one,
        found.route,
        await readable(await whole(one, await ask(one, found, asked, signal), signal)),
      );
    const [here, there] = await Promise.all([wholeOf(side), wholeOf(other)]);
    // Nobody is shown a list that lacks what has been acknowledged, as if it were all there is.
    if (here.status === 200 && there.status !== 200)
      throw new BanyanError('backend_failed', {
        backend: other,
        reason: `its part of the list has status ${there.status}`,
      });
    return mergedList(found.route, here, there, (key) => behind.has(key));
  }
}

/** Reads of no state, with nothing in their answers that the two backends call otherwise. */
const isLeftAlone = (route: Route): boolean =>
  route.access === 'read' && route.keys.length === 0 && !isRead(route);

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
function routeOf({ request, target, match }: Asked): Found | undefined {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const route = target.canonical ? match?.routes.find((candidate) => candidate.method === method) : undefined;
  return route && match ? { route, params: match.params } : undefined;
}

/** State continuity, open: every request with state passes through it. */
import type { Session } from '@banyan/operations/db/session.ts';
import type { Route } from '@banyan/route-table/route-table.ts';
import { CompiledQuery } from 'kysely';
import type { Alarms } from './alarms/alarms.ts';
import type { Audit } from './audit/audit.ts';
import { Claim } from './claim/claim.ts';
import type { ComparisonOptions } from './comparison/compare-key.ts';
import type { Diffs } from './diff/diffs.ts';
import { startCleaning } from './journal/cleaning.ts';
import type { Journal } from './journal/journal.ts';
import type { LegacyState } from './journal/legacy-state.ts';
import { type JournalSize, size } from './journal/size.ts';
import { loadTally, startStoring } from './journal/stored-tally.ts';
import type { JournalDb } from './journal/tables.ts';
import { sharedKeys } from './mirror/held-keys.ts';
import type { Mirror } from './mirror/mirror.ts';
import { createOperator, type JournalOperator } from './operator.ts';
import type { ContinuityOptions } from './options.ts';
import { createSpelling } from './other-spellings.ts';
import { createParts, type Parts } from './parts.ts';
import { type Continuity, handled, type Routed, routed } from './protocol/continuity.ts';
import { type Touched, touched } from './protocol/keys.ts';
import { mergedList } from './reads/merged-list.ts';
import { recover } from './recover.ts';
import type { Aftercare } from './restarts/aftercare.ts';
import { type Adoption, adoptWhatLegacyHas, giveBack } from './restarts/decide.ts';
import type { Restarts } from './restarts/restarts.ts';
import { isRead } from './rewriting/exchanges.ts';
import type { ShadowGround } from './shadow/ground.ts';
import type { Sync } from './sync/sync.ts';
import type { Resolver } from './writes/resolver.ts';

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
  /** Gives the new backend what legacy had before the journal. */
  sync: Sync;
  /** What the one comparison of both backends needs. */
  comparing: ComparisonOptions;
  /** Compares the whole state of both backends. */
  diffs: Diffs;
  /** Recognises restarts of legacy. */
  restarts: Restarts;
  /** Compares both backends after a restart of legacy, and gives back what legacy lacks. */
  aftercare: Aftercare;
  /** Legacy's restarts, and what it lacks. */
  incarnations(): LegacyState;
  /** A person has decided that legacy is written to again, and given what it lacks. */
  giveBackToLegacy(why: string): Promise<void>;
  /** A person has decided that legacy's data stands. @throws BanyanError `legacy_lacks_none` */
  adoptLegacy(named: readonly string[], why: string): Promise<Adoption>;
  /** Finds what was written directly on legacy. */
  audit: Audit;
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
    const parts = await createParts(options, db, claim);
    await loadTally(db, parts.tally);
    await recover(parts, db, options.table);
    return opened(options, claim, parts);
  } catch (error) {
    await claim.close();
    throw error;
  }
}

const queryOf =
  (db: JournalDb): Session['query'] =>
  async <Row>(text: string, values: readonly unknown[] = []) =>
    (await db.executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows;

function opened(options: ContinuityOptions, claim: Claim, parts: Parts): OpenContinuity {
  const { journal, mirror, resolver, alarms, sides, bodies, sync, diffs, tally } = parts;
  const { restarts, aftercare, audit } = parts;
  sync.start();
  restarts.start();
  aftercare.start();
  audit.start();
  void claim.lost.then(async (error) => {
    options.onClaimLost?.(error);
    const working = [mirror, resolver, sync, diffs, restarts, aftercare, audit];
    await Promise.all(working.map((part) => part.close()));
  });
  const cleaning = startCleaning({ db: options.db, bodies, keepFor: options.keepFor, log: options.log });
  const counting = startStoring({ db: options.db, tally, everyMilliseconds: options.storeCountsEvery });
  const sizeNow = async () => ({
    ...(await size(await options.db(), sharedKeys(sides), bodies.use, mirror.waits.all())),
    legacy: restarts.state(),
  });
  const ground = {
    journal,
    restarts,
    log: options.log,
    onUnknown: () => sync.kick(),
    onReleased() {
      mirror.kick();
      sync.kick();
      aftercare.run();
    },
  };
  return {
    journal,
    mirror,
    resolver,
    alarms,
    sync,
    restarts,
    aftercare,
    audit,
    noteConsole: (url) => claim.noteConsole(url),
    operator: { ...createOperator({ journal, mirror, resolver, sides, bodies, audit }), size: sizeNow },
    shadowGround: groundOf(parts),
    comparing: parts.comparing,
    diffs,
    size: sizeNow,
    incarnations: () => restarts.state(),
    giveBackToLegacy: (why) => giveBack(why, ground),
    adoptLegacy: (named, why) => adoptWhatLegacyHas(named, why, ground),
    answer: answering(options, claim, parts),
    async close() {
      const working = [sync, diffs, restarts, aftercare, audit, mirror, resolver, journal, cleaning];
      await Promise.all(working.map((part) => part.close()));
      // The mirror counts too.
      await counting.close();
      await alarms.close();
      await claim.close();
    },
  };
}

/** Watches what a read touches; a side that lacks something of it is not compared. */
function whereBothHaveAll<W>(
  { knowledge }: Journal,
  { route, params }: Routed,
  watch: (touches: Touched) => W,
): W | undefined {
  const touches = touched(route, { params });
  if (knowledge.lacks('new', touches) || knowledge.lacks('legacy', touches)) return undefined;
  return watch(touches);
}

const groundOf = ({ tally, journal, sides }: Parts): ShadowGround => ({
  tally,
  watch: (read) => whereBothHaveAll(journal, read, (touches) => journal.lag.watch(touches)),
  watchRows: (read) => whereBothHaveAll(journal, read, (touches) => journal.lag.watchRows(touches)),
  change: (milliseconds) => journal.lag.change(milliseconds),
  ask: (side, read, { method, target, rawHeaders }, signal) =>
    sides.begin(
      side,
      { ...read, request: { method, target, rawHeaders: [...rawHeaders] }, body: undefined },
      signal,
    ),
  merged: ({ elements, order }, here, there, isFromThere) =>
    elements ? mergedList({ elements, ...(order && { order }) }, here, there, isFromThere) : here,
  shown: (side, route, answer) => sides.shown(side, route, answer),
});

/** Requests without state go to the flagged backend, writes to the writer, all others to the reader. */
function answering(
  { table, backends }: ContinuityOptions,
  claim: Claim,
  { sides, writer, reader }: Parts,
): Continuity['answer'] {
  const spelled = createSpelling(table);
  return async (given, signal) => {
    const asked = spelled(given);
    const { flagged, request, mode, epoch } = asked;
    const found = routed(asked);
    if (!found || isStateless(found.route))
      return handled({ backend: flagged }, async () =>
        sides.linked(flagged, await backends[flagged].send(request, signal)),
      );
    try {
      // Once the claim is lost, what is in memory is no longer the truth, so reads are refused too.
      claim.check();
      if (found.route.access === 'write')
        return await writer.write({ ...found, request, flagged, mode, epoch });
      return await reader.answer(found, asked, signal);
    } catch (error) {
      return { error };
    }
  };
}

/** Reads of no state, with nothing in their answers that the two backends call differently. */
const isStateless = (route: Route): boolean =>
  route.access === 'read' && route.keys.length === 0 && !isRead(route);

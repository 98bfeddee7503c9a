/** What a person can see of the journal, and do with it. */
import type { Difference } from '@banyan/compare/answer.ts';
import type { BackendName, JsonPlace, Route, RouteKey } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../errors.ts';
import type { Audit } from './audit/audit.ts';
import type { Bodies } from './bodies/bodies.ts';
import { conflictOf } from './journal/conflicts.ts';
import { loadEntry } from './journal/entries.ts';
import { type ExportedEntry, exportEntry } from './journal/export.ts';
import type { Journal } from './journal/journal.ts';
import { type LackedWrite, lackedBy } from './journal/lacked-writes.ts';
import type { Leaving } from './journal/leave.ts';
import { OUTSIDE } from './journal/outside.ts';
import { type JournalSize, size } from './journal/size.ts';
import { twoAnswers } from './journal/two-answers.ts';
import { sharedKeys } from './mirror/held-keys.ts';
import type { Mirror } from './mirror/mirror.ts';
import type { TwoAnswers } from './protocol/entry.ts';
import { kindOf, kindsOf } from './protocol/keys.ts';
import { readPlace } from './protocol/places.ts';
import { otherSide } from './protocol/roles.ts';
import type { Sides } from './sides/sides.ts';
import { knownOf, madeIds } from './writes/entry-content.ts';
import type { Resolver } from './writes/resolver.ts';

/** A write that the two backends did not answer alike. */
export interface DivergentWrite {
  id: string;
  route: RouteKey;
  /** ISO 8601, UTC. */
  time: string;
  /** Left is legacy. */
  differences: readonly Difference[];
}

export interface JournalOperator {
  size(): Promise<JournalSize>;
  /**
   * Tries again what is stuck, and looks again at what is in doubt.
   * @returns the ids of those; of everything of that kind where none is named
   */
  retry(id?: string): Promise<string[]>;
  /**
   * A person says whether a backend has done a write that is in doubt, or whose replay is stuck.
   * @returns its route. @throws BanyanError `journal_entry`, `journal_answer_missing`
   */
  settle(id: string, decision: PersonsDecision): Promise<RouteKey>;
  /** The other side is never given it. @returns its route. @throws BanyanError `journal_entry` */
  skip(id: string, reason: string): Promise<RouteKey>;
  /**
   * A person decides about a key that was written to directly on legacy: legacy's state is installed on the new backend, or the new
   * backend's state stands. @returns the entry that stood for the conflict.
   * @throws BanyanError `conflict_none`, `conflict_busy`, `conflict_behind`
   */
  decideConflict(key: string, decision: 'adopt' | 'keep', reason: string): Promise<string>;
  /** @throws BanyanError `journal_entry` */
  export(id: string): Promise<ExportedEntry>;
  /** The last ones, newest first. */
  divergences(): Promise<DivergentWrite[]>;
  /** What both answered to a write. @throws BanyanError `journal_entry` */
  answers(id: string): Promise<TwoAnswers>;
  /** Writes of these routes' data that a side lacks. */
  lackedBy(side: BackendName, routes: readonly RouteKey[]): Promise<LackedWrite[]>;
  /** What legacy has lost or forgotten of these routes' data, so that the new backend serves it whatever the flags say. */
  lostByLegacy(routes: readonly RouteKey[]): LostKey[];
  /** Lets legacy serve these routes' data at once. */
  leaveBehind(routes: readonly RouteKey[]): Promise<Leaving>;
  /** The same, and says what legacy lacks after that. */
  atOnce(routes: readonly RouteKey[]): Promise<AtOnce>;
}

/** What `rollback --now` tells. */
export interface AtOnce {
  /** What legacy serves without, what never gets there, and what is not at its end on the new backend. */
  lacks: LackedWrite[];
  /** Keys that the new backend is still at work on: it serves them until that is over. */
  held: string[];
  /** Keys that stay with the new backend, as legacy has lost or forgotten something of them. */
  lost: LostKey[];
}

/** A key of which legacy lacks something, with what it is, for people. */
export interface LostKey {
  key: string;
  reason: string;
}

/** What has to be known of legacy's answer: what it calls what it has made; and the model's reply, where `new` is to store it too. */
function missingIn(answer: unknown, { ids, relay }: Route, isReplay: boolean): JsonPlace[] {
  const made = ids.flatMap(({ role, place }) =>
    role === 'made' && place.in === 'response' ? [place.at] : [],
  );
  const reply = !isReplay && relay?.reply.in === 'response' ? [relay.reply.at] : [];
  return [...made, ...reply].filter((at) => readPlace(answer, at).length === 0);
}

export interface PersonsDecision {
  done: boolean;
  /** What the backend answered or shows of it, as JSON: names what it has made. */
  answer?: unknown;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const lastOnes = 50;

export function createOperator({
  journal,
  mirror,
  resolver,
  sides,
  bodies,
  audit,
}: {
  audit: Audit;
  journal: Journal;
  mirror: Mirror;
  resolver: Resolver;
  sides: Sides;
  bodies: Bodies;
}): JournalOperator {
  const kindsIn = (routes: readonly RouteKey[]) =>
    new Set(sides.table.routes.filter(({ key }) => routes.includes(key)).flatMap(kindsOf));
  const sizeNow = async () => size(await journal.db(), sharedKeys(sides), bodies.use, mirror.waits.all());
  const lostByLegacy = (routes: readonly RouteKey[]) => {
    const { knowledge } = journal;
    const kinds = kindsIn(routes);
    return knowledge.legacy
      .lacking()
      .flatMap(([key, { reason }]) =>
        kinds.has(kindOf(key)) && knowledge.mayOutrank(key) ? [{ key, reason }] : [],
      );
  };
  const none = (entry: string, that: string) => new BanyanError('journal_entry', { entry, that });
  const isConflict = async (id: string) => (await loadEntry(await journal.db(), id))?.route === OUTSIDE;
  return {
    size: sizeNow,
    async retry(id) {
      const { pinned, doubtful } = await sizeNow();
      const unclear = doubtful.filter(({ reason }) => reason !== undefined);
      const stuck = id === undefined ? [...pinned, ...unclear].map((entry) => entry.id) : [id];
      const tried: string[] = [];
      for (const each of stuck)
        if (
          uuid.test(each) &&
          !(await isConflict(each)) &&
          ((await mirror.retry(each)) || resolver.retry(each))
        )
          tried.push(each);
      if (id !== undefined && tried.length === 0) throw none(id, 'that is stuck');
      return tried;
    },
    async settle(id, { done, answer }) {
      const entry = uuid.test(id) ? await loadEntry(await journal.db(), id) : undefined;
      if (!entry || entry.route === OUTSIDE) throw none(id, 'any more');
      const route = sides.routeOf(entry.route);
      const isReplay = entry.state === 'settled';
      const side = isReplay ? otherSide[entry.side] : entry.side;
      const known = knownOf(entry, sides);
      // Of a write whose client got no answer, legacy's names are everybody's.
      const named = isReplay && entry.answer ? known : { ...known, answer };
      const ids = done && side === 'legacy' ? madeIds(route, named, answer) : [];
      const missing = done && side === 'legacy' ? missingIn(answer, route, isReplay) : [];
      if (missing.length > 0)
        throw new BanyanError('journal_answer_missing', { route: route.key, places: missing.join(', ') });
      const isDecided = isReplay
        ? await mirror.decide(id, done ? { done, ids } : { done })
        : await resolver.decide(id, done ? { done, learned: answer } : { done });
      if (!isDecided) throw none(id, 'that a person can decide about now');
      return entry.route;
    },
    async skip(id, reason) {
      const entry = uuid.test(id) ? await exportEntry(await journal.db(), id) : undefined;
      if (!entry || entry.route === OUTSIDE || !(await mirror.skip(id, reason)))
        throw none(id, 'that is still owed');
      return entry.route;
    },
    async decideConflict(key, decision, reason) {
      const { id } = (await conflictOf(await journal.db(), key)) ?? { id: '' };
      await audit.decide(key, decision, reason);
      return id;
    },
    async export(id) {
      const entry = uuid.test(id) ? await exportEntry(await journal.db(), id) : undefined;
      if (!entry) throw none(id, 'any more');
      return entry;
    },
    async divergences() {
      const db = await journal.db();
      const rows = await db
        .selectFrom('entries')
        .select(['id', 'route', 'settled_at', 'differences'])
        .where('verdict', '=', 'divergent')
        .orderBy('place', 'desc')
        .limit(lastOnes)
        .execute();
      return rows.map(({ id, route, settled_at, differences }) => ({
        id,
        route,
        time: settled_at?.toISOString() ?? '',
        differences: JSON.parse(differences ?? '[]') as Difference[],
      }));
    },
    async answers(id) {
      const found = uuid.test(id) ? await twoAnswers(await journal.db(), id) : undefined;
      if (!found) throw none(id, 'any more');
      return found;
    },
    lackedBy: async (side, routes) => lackedBy(await journal.db(), side, kindsIn(routes), sharedKeys(sides)),
    lostByLegacy,
    leaveBehind: (routes) => journal.leaveBehind(kindsIn(routes)),
    async atOnce(routes) {
      const { held } = await journal.leaveBehind(kindsIn(routes));
      const db = await journal.db();
      const lacks = await lackedBy(db, 'legacy', kindsIn(routes), sharedKeys(sides));
      return { held, lacks, lost: lostByLegacy(routes) };
    },
  };
}

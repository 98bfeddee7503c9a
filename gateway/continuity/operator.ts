/** What a person can see of the journal, and do with it. */
import type { Difference } from '../../compare/answer.ts';
import type { RouteKey } from '../../contract/route-table.ts';
import { BanyanError } from '../errors.ts';
import { type ExportedEntry, exportEntry } from './journal/export.ts';
import type { Journal } from './journal/journal.ts';
import { type Leaving, type LeftBehind, lackedByLegacy } from './journal/leave.ts';
import { type JournalSize, size } from './journal/size.ts';
import { twoAnswers } from './journal/two-answers.ts';
import { kindsOf } from './keys/keys.ts';
import type { Mirror } from './mirror/mirror.ts';
import type { TwoAnswers } from './shadow/tally.ts';
import type { Sides } from './sides/sides.ts';

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
  /** @returns the ids that are tried again; of everything that is stuck where none is named */
  retry(id?: string): Promise<string[]>;
  /** The other side is never given it. @returns its route. @throws BanyanError `journal_entry` */
  skip(id: string, reason: string): Promise<RouteKey>;
  /** @throws BanyanError `journal_entry` */
  export(id: string): Promise<ExportedEntry>;
  /** The last ones, newest first. */
  divergences(): Promise<DivergentWrite[]>;
  /** What both answered to a write. @throws BanyanError `journal_entry` */
  answers(id: string): Promise<TwoAnswers>;
  /** Writes of these routes' data that legacy has not been given. */
  lackedByLegacy(routes: readonly RouteKey[]): Promise<LeftBehind[]>;
  /** Lets legacy serve these routes' data at once. */
  leaveBehind(routes: readonly RouteKey[]): Promise<Leaving>;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const lastOnes = 50;

export function createOperator({
  journal,
  mirror,
  sides,
}: {
  journal: Journal;
  mirror: Mirror;
  sides: Sides;
}): JournalOperator {
  const kindsIn = (routes: readonly RouteKey[]) =>
    new Set(sides.table.routes.filter(({ key }) => routes.includes(key)).flatMap(kindsOf));
  const none = (entry: string, that: string) => new BanyanError('journal_entry', { entry, that });
  return {
    size: async () => size(await journal.db(), mirror.waits.all()),
    async retry(id) {
      const stuck =
        id === undefined ? (await size(await journal.db(), [])).pinned.map((entry) => entry.id) : [id];
      const tried: string[] = [];
      for (const each of stuck) if (uuid.test(each) && (await mirror.retry(each))) tried.push(each);
      if (id !== undefined && tried.length === 0) throw none(id, 'that is stuck');
      return tried;
    },
    async skip(id, reason) {
      const entry = uuid.test(id) ? await exportEntry(await journal.db(), id) : undefined;
      if (!entry || !(await mirror.skip(id, reason))) throw none(id, 'that is still owed');
      return entry.route;
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
        ...{ id, route, time: settled_at?.toISOString() ?? '' },
        differences: JSON.parse(differences ?? '[]') as Difference[],
      }));
    },
    async answers(id) {
      const found = uuid.test(id) ? await twoAnswers(await journal.db(), id) : undefined;
      if (!found) throw none(id, 'any more');
      return found;
    },
    lackedByLegacy: async (routes) => lackedByLegacy(await journal.db(), kindsIn(routes)),
    leaveBehind: (routes) => journal.leaveBehind(kindsIn(routes)),
  };
}

/** Reads that show what a restart makes legacy forget: as long as one of them shows it, legacy was not started again. */

import type { Forgotten, Route, RouteTable } from '@banyan/route-table/route-table.ts';
import { sql } from 'kysely';
import { headOf, type Witness } from '../journal/incarnations.ts';
import type { JournalDb } from '../journal/tables.ts';
import { parseBody } from '../json/parse-body.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { touched } from '../protocol/keys.ts';
import { readPlace } from '../protocol/places.ts';
import type { Sides } from '../sides/sides.ts';
import type { Seen } from './signs.ts';

type WitnessRoute = Route & { forgotten: Forgotten };

/** `nothing`: neither what is forgotten nor an error. */
export type Shows = 'something' | 'nothing' | 'unknown';

/** Seen by the way and not looked at yet. */
const mostCandidates = 20;
const mostWitnesses = 4;

/** What a check comes to: what legacy has forgotten, or the witnesses from now on. */
export type Checked = { forgotten: Witness } | { forgotten?: undefined; witnesses: Witness[] };

const idOf = ({ route, params }: Omit<Witness, 'head'>) => `${route} ${JSON.stringify(params)}`;

export class Witnesses {
  readonly #routes: readonly WitnessRoute[];
  readonly #sides: Sides;
  readonly #candidates = new Map<string, Omit<Witness, 'head'>>();
  /** The last key that was tried, by kind. */
  readonly #tried = new Map<string, string>();

  constructor({ routes, restarts }: RouteTable, sides: Sides) {
    this.#sides = sides;
    this.#routes = routes.filter(
      (route): route is WitnessRoute =>
        route.forgotten !== undefined && (restarts?.known ?? []).includes(route.key),
    );
  }

  get isDeclared(): boolean {
    return this.#routes.length > 0;
  }

  /** Legacy has answered one of these reads. */
  saw({ route: key, target, status }: Seen): void {
    const route = this.#routes.find((candidate) => candidate.key === key);
    if (!route || status >= 300) return;
    const params = this.#publicParams(route, this.#sides.paramsOf(target));
    const id = idOf({ route: key, params });
    this.#candidates.delete(id);
    this.#candidates.set(id, { route: key, params });
    const [oldest] = this.#candidates.keys();
    if (this.#candidates.size > mostCandidates && oldest !== undefined) this.#candidates.delete(oldest);
  }

  /**
   * Holds the witnesses against what legacy shows now, and looks for more: among the reads that were seen by the way, or if there is no
   * witness, at the next entity of each kind, so that one call costs little.
   */
  async check(db: JournalDb, witnesses: readonly Witness[]): Promise<Checked> {
    const left: Witness[] = [];
    for (const [i, witness] of witnesses.entries()) {
      const head = await this.#headOf(db, witness);
      const shows = await this.look(witness);
      if (shows !== 'nothing') {
        left.push(shows === 'something' ? { ...witness, head } : witness, ...witnesses.slice(i + 1));
        break;
      }
      // A write to the entity may be why it shows nothing more.
      const isQuiet = head !== undefined && head === witness.head;
      if (isQuiet && head === (await this.#headOf(db, witness))) return { forgotten: witness };
    }
    if (left.length < mostWitnesses) left.push(...(await this.#more(db, left)));
    return { witnesses: left.sort((a, b) => this.#rank(a) - this.#rank(b)).slice(0, mostWitnesses) };
  }

  async #more(db: JournalDb, witnesses: readonly Witness[]): Promise<Witness[]> {
    const isNew = (one: Omit<Witness, 'head'>) => !witnesses.some((witness) => idOf(witness) === idOf(one));
    const seen = [...this.#candidates.values()].filter(isNew).slice(-mostWitnesses);
    this.#candidates.clear();
    const found: Witness[] = [];
    for (const candidate of seen) {
      const witness = await this.#try(db, candidate);
      if (witness) found.push(witness);
    }
    if (witnesses.length + found.length > 0) return found;
    for (const route of this.#routes) {
      const candidate = await this.#next(db, route);
      const witness = candidate && (await this.#try(db, candidate));
      if (witness) found.push(witness);
    }
    return found;
  }

  /** What is named by a status is not written to, as a job: it comes first. */
  #rank({ route }: Witness): number {
    return this.#routes.find(({ key }) => key === route)?.forgotten.status === undefined ? 1 : 0;
  }

  /** Forgets what was seen of an earlier incarnation. */
  clear(): void {
    this.#candidates.clear();
  }

  /** What a witness shows on legacy now. @throws BanyanError of the backend */
  async look({ route: key, params }: Omit<Witness, 'head'>): Promise<Shows> {
    const route = this.#routes.find((candidate) => candidate.key === key);
    return route ? shown(route, (await this.#sides.read('legacy', key, params)).shown) : 'unknown';
  }

  async #try(db: JournalDb, candidate: Omit<Witness, 'head'>): Promise<Witness | undefined> {
    // The head comes first: a write that comes meanwhile makes the witness useless, and nothing worse.
    const head = await this.#headOf(db, candidate);
    return (await this.look(candidate)) === 'something' ? { ...candidate, head } : undefined;
  }

  /** @returns undefined while a write to the entity is under way */
  async #headOf(db: JournalDb, { route, params }: Omit<Witness, 'head'>): Promise<string | null | undefined> {
    const [key] = touched(this.#sides.routeOf(route), { params }).keys;
    return key === undefined ? null : headOf(db, key);
  }

  /** The next entity that has a row; from the beginning again after the last one. */
  async #next(db: JournalDb, { key: route, keys }: Route): Promise<Omit<Witness, 'head'> | undefined> {
    const [key] = keys;
    if (!key || !('one' in key) || key.named.in !== 'path') return undefined;
    const prefix = `${key.one}:`;
    const row = await db
      .selectFrom('keys')
      .select('key')
      .where(sql<boolean>`starts_with(key, ${prefix})`)
      .where('key', '>', this.#tried.get(key.one) ?? '')
      .orderBy('key')
      .limit(1)
      .executeTakeFirst();
    this.#tried.set(key.one, row?.key ?? '');
    return row && { route, params: { [key.named.name]: row.key.slice(prefix.length) } };
  }

  #publicParams(route: Route, params: Readonly<Record<string, string>>): Record<string, string> {
    const { ids } = this.#sides.names;
    const kindOf = (name: string) =>
      route.ids.find(({ place }) => place.in === 'path' && place.name === name)?.kind;
    return Object.fromEntries(
      Object.entries(params).map(([name, id]) => {
        const kind = kindOf(name);
        return [name, kind === undefined ? id : ids.publicOf(kind, id)];
      }),
    );
  }
}

/** Whether an answer shows any of what legacy may forget. */
function shown({ forgotten }: WitnessRoute, { status, body }: StoredAnswer): Shows {
  if (status === forgotten.status) return 'nothing';
  if (status >= 300) return 'unknown';
  const { lists = [] } = forgotten;
  if (lists.length === 0) return 'something';
  const json = parseBody(body);
  const isEmpty = (list: unknown) => !Array.isArray(list) || list.length === 0;
  return lists.flatMap((at) => readPlace(json, at)).every(isEmpty) ? 'nothing' : 'something';
}

/**
 * Gives legacy back the documents that it lacks, where the journal has the original: the mirror replays their uploads. Legacy may still
 * list a document that it has forgotten the content of; then it is made to remove the document first.
 */
import type { Route } from '@banyan/route-table/route-table.ts';
import { type Entry, loadEntries } from '../journal/entries.ts';
import { fenced } from '../journal/fenced.ts';
import { appliedOn, owe, takeForLegacy } from '../journal/given-back.ts';
import type { Journal } from '../journal/journal.ts';
import { type KeyState, noteKeys } from '../journal/known.ts';
import { parseBody } from '../json/parse-body.ts';
import type { Lack } from '../knowledge/legacy-memory.ts';
import type { Mirror } from '../mirror/mirror.ts';
import { removalOf } from '../mirror/order/again.ts';
import { beginnersOf } from '../mirror/order/work.ts';
import { alikeEnded } from '../probe/listed.ts';
import { type Known, kindOf, madeKeys } from '../protocol/keys.ts';
import { readPlace } from '../protocol/places.ts';
import type { Sides } from '../sides/sides.ts';
import { knownOf } from '../writes/entry-content.ts';

export interface GivingBackOptions {
  journal: Journal;
  sides: Sides;
  mirror: Pick<Mirror, 'kick'>;
  /** Whether legacy is no longer given what is written by a route. */
  isComplete(route: string): boolean;
}

/** A document that the new backend shows and legacy does not, with the upload that brought it. */
interface Original {
  entry: Entry;
  route: Route;
  known: Known;
}

export class GivingBack {
  readonly #options: GivingBackOptions;

  constructor(options: GivingBackOptions) {
    this.#options = options;
  }

  /**
   * One key after the other; each is given back before the next one begins.
   * @returns the keys that legacy was given something of, to be compared, and whether others are to be tried again
   */
  async run(signal: AbortSignal): Promise<{ given: string[]; isBusy: boolean }> {
    const { journal } = this.#options;
    const { legacy } = journal.knowledge;
    const given: string[] = [];
    let isBusy = false;
    for (const [key, lack] of legacy.lacking()) {
      signal.throwIfAborted();
      if (legacy.isBlocked || !journal.knowledge.mayOutrank(key)) continue;
      const outcome = await this.#give(key, signal);
      if (outcome === 'given') given.push(key);
      else if (outcome === 'busy') isBusy = true;
      else if (outcome !== 'nothing') legacy.lost(key, { ...lack, reason: outcome.why });
    }
    return { given, isBusy };
  }

  async #give(key: string, signal: AbortSignal): Promise<'given' | 'busy' | 'nothing' | { why: string }> {
    const { journal } = this.#options;
    const { incarnation } = journal.knowledge.legacy;
    if (await this.#isOwed(key, signal)) return 'given';
    const noted = (await noteKeys(await journal.db(), [key])).get(key);
    const found = await this.#originals(key);
    if ('why' in found) return found;
    if (found.originals.length === 0 || !noted) return 'nothing';
    const lack: Lack = { what: 'data', reason: 'it is being given back to legacy' };
    // A write that came between the removal and the upload would reach legacy in the wrong order.
    const release = journal.holds.hold(key);
    try {
      const isTaken = await fenced(await journal.db(), journal.fence, (tx) => takeForLegacy(tx, noted, lack));
      if (!isTaken) return 'busy';
      journal.knowledge.legacy.lost(key, lack);
      for (const original of found.originals) await this.#remove(original);
      if (!(await this.#owe(found.originals, noted, incarnation))) return 'busy';
    } finally {
      release();
    }
    await this.#isOwed(key, signal);
    return 'given';
  }

  /** Waits while the mirror gives legacy something of the key. @returns whether it did */
  async #isOwed(key: string, signal: AbortSignal): Promise<boolean> {
    const { lag } = this.#options.journal;
    let isOwed = false;
    for (;;) {
      const { owed, pinned } = lag.behind('legacy', { keys: [key], every: [] });
      if (!owed || pinned) return isOwed;
      isOwed = true;
      signal.throwIfAborted();
      await lag.change(500);
    }
  }

  /** Every document of a key that legacy lacks; or why not all of them can be given back. */
  async #originals(key: string): Promise<{ originals: Original[] } | { why: string }> {
    const { journal, sides, isComplete } = this.#options;
    const db = await journal.db();
    const routes = beginnersOf(sides.table).filter((route) => !isComplete(route));
    const entries = await loadEntries(db, await appliedOn(db, key, routes));
    const originals: Original[] = [];
    let [all, kept] = [0, 0];
    for (const entry of entries.filter(({ answer }) => answer && answer.status < 400)) {
      const route = sides.routeOf(entry.route);
      const known = knownOf(entry, sides);
      const on = await this.#shownOn(route, known);
      if (!on || on.new === 0) continue;
      all = Math.max(all, on.all);
      const isThere = on.legacy >= on.new;
      // What comes after a document that is lacking is given anew too: legacy lists documents in the order in which it gets them.
      if (isThere && originals.length === 0) kept += 1;
      else if (entry.body) originals.push({ entry, route, known });
    }
    if (originals.length > 0 && !(await this.#isListed(key)))
      return { why: 'legacy does not have what the documents belong to' };
    if (originals.length + kept < all)
      return { why: `the journal has the originals of ${originals.length + kept} of ${all} documents` };
    return { originals };
  }

  /** How many documents like the upload's both sides show, and how many the new backend shows in all. */
  async #shownOn(
    { probe }: Route,
    known: Known,
  ): Promise<{ legacy: number; new: number; all: number } | undefined> {
    const { sides } = this.#options;
    if (probe?.shows !== 'element-added' || !probe.ended) return undefined;
    const [legacy, fresh] = await Promise.all([
      sides.read('legacy', probe.read, known.params),
      sides.read('new', probe.read, known.params),
    ]);
    if (fresh.shown.status >= 300) return undefined;
    const json = parseBody(fresh.shown.body);
    const [all] = readPlace(json, probe.ended.at);
    return {
      legacy: legacy.shown.status < 300 ? alikeEnded(probe, parseBody(legacy.shown.body), known) : 0,
      new: alikeEnded(probe, json, known),
      all: Array.isArray(all) ? all.length : 0,
    };
  }

  /** Whether legacy still lists the entity itself. */
  async #isListed(key: string): Promise<boolean> {
    const { sides } = this.#options;
    const kind = kindOf(key);
    const list = sides.table.routes.find(
      ({ access, elements, path }) => access === 'read' && elements?.kind === kind && !path.includes(':'),
    );
    if (!list?.elements) return true;
    const { at, owner } = list.elements;
    const { shown } = await sides.read('legacy', list.key, {});
    const ids = readPlace(parseBody(shown.body), `${at}[*].${owner}` as `$${string}`);
    return ids.some((id) => key === `${kind}:${String(id)}`);
  }

  /** Legacy takes no upload of what it still lists. */
  async #remove({ route, known, entry }: Original): Promise<void> {
    const { sides } = this.#options;
    const found = removalOf(route, known, sides);
    if (!found) return;
    const { route: removal, params } = found;
    const target = removal.path.replace(/:(\w+)/g, (_, name: string) =>
      encodeURIComponent(params[name] ?? ''),
    );
    const { rawHeaders } = entry.request;
    const host = rawHeaders[rawHeaders.findIndex((name) => name.toLowerCase() === 'host') + 1] ?? 'banyan';
    const request = { method: removal.method, target, rawHeaders: ['Host', host, 'Accept', '*/*'] };
    const sending = { route: removal, params, request, body: undefined };
    await sides.send('legacy', sending, AbortSignal.timeout(removal.longest));
  }

  async #owe(originals: readonly Original[], noted: KeyState, incarnation: number): Promise<boolean> {
    const { journal, mirror } = this.#options;
    const ids = originals.map(({ entry }) => entry.id);
    const made = originals.flatMap(({ route, known }) =>
      madeKeys(route, known).map((key) => ({
        kind: kindOf(key),
        publicId: key.slice(kindOf(key).length + 1),
      })),
    );
    const isOwed = await fenced(await journal.db(), journal.fence, (tx) =>
      owe(tx, ids, noted, { incarnation, made }),
    );
    if (!isOwed) return false;
    const now = Date.now() / 1000;
    for (const [i, { entry }] of originals.entries()) {
      const times = { admitted: now + i / 1000, settled: now + (i + 0.5) / 1000 };
      const owed = { state: 'owed', isStuck: false, overtaken: null, side: 'new' } as const;
      journal.lag.loaded({ id: entry.id, keys: entry.keys, ...owed, ...times });
    }
    journal.lag.knows();
    mirror.kick();
    return true;
  }
}

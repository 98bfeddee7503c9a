/** The parts of state continuity, wired to each other. Nothing is read from the journal here but the names. */
import { join } from 'node:path';
import { Alarms } from './alarms/alarms.ts';
import { IdWatch } from './alarms/id-watch.ts';
import { Audit } from './audit/audit.ts';
import { Bodies } from './bodies/bodies.ts';
import { Room } from './bodies/room.ts';
import type { Claim } from './claim/claim.ts';
import type { ComparisonOptions } from './comparison/compare-key.ts';
import { Diffs } from './diff/diffs.ts';
import { Journal } from './journal/journal.ts';
import { isNamed } from './journal/spent-bodies.ts';
import { Spill } from './journal/spill.ts';
import { loadNames } from './journal/stored-names.ts';
import type { JournalDb } from './journal/tables.ts';
import { Mirror } from './mirror/mirror.ts';
import { Tie } from './model-calls/tie.ts';
import type { Names } from './names/names.ts';
import type { ContinuityOptions } from './options.ts';
import { entityKeys, listKey, type Touched, writesOf } from './protocol/keys.ts';
import { Reader } from './reads/reader.ts';
import { Aftercare } from './restarts/aftercare.ts';
import { GivingBack } from './restarts/giving-back.ts';
import { Restarts } from './restarts/restarts.ts';
import { Signs } from './restarts/signs.ts';
import { Tally } from './shadow/tally.ts';
import { ShownTimes } from './sides/shown-times.ts';
import { Sides } from './sides/sides.ts';
import { Sightings } from './sides/sightings.ts';
import { Sync } from './sync/sync.ts';
import { Resolver } from './writes/resolver.ts';
import { Writer } from './writes/writer.ts';

export interface Parts {
  names: Names;
  /** Large bodies, in files. */
  bodies: Bodies;
  /** What could not be written into PostgreSQL. */
  spill: Spill;
  journal: Journal;
  sides: Sides;
  alarms: Alarms;
  tally: Tally;
  /** Gives each side what the other one has served. */
  mirror: Mirror;
  /** Finds out what became of writes in doubt. */
  resolver: Resolver;
  writer: Writer;
  reader: Reader;
  /** Gives the new backend what legacy had before the journal. */
  sync: Sync;
  /** What the one comparison of both sides needs. */
  comparing: ComparisonOptions;
  /** Compares the whole state of both sides. */
  diffs: Diffs;
  /** Recognises restarts of legacy. */
  restarts: Restarts;
  /** Compares both backends after a restart, and gives back what legacy lacks. */
  aftercare: Aftercare;
  /** Finds what was written directly on legacy. */
  audit: Audit;
}

export async function createParts(options: ContinuityOptions, db: JournalDb, claim: Claim): Promise<Parts> {
  const { table, folder, log, patience = {} } = options;
  const names = await loadNames(db, table);
  const bodies = new Bodies(join(folder, 'bodies'), {
    isNeeded: async (file) => isNamed(await options.db(), file),
    room: new Room(options.disk, options.freeBytes),
  });
  const spill = new Spill(join(folder, 'spill'));
  const journal = new Journal({
    db: options.db,
    claim,
    spill,
    names,
    log,
    patience,
    onSettled: () => mirror.kick(),
    onUnknown: () => sync.kick(),
    onUnexplained(id, keys) {
      audit.suspect(keys);
      // It learns how the write was resolved.
      resolver.resolve(id);
    },
    onSpent: (file) => bodies.remove(file),
  });
  const sightings = new Sightings({
    onTheWay: (kind) => journal.lag.onTheWayToLegacy([listKey(kind)]),
    isOnTheWay: (id) => journal.lag.isOnTheWayToLegacy(id),
  });
  const signs = new Signs();
  const unseen = new Sides({ table, backends: options.backends, names, bodies, sightings });
  const restarts = new Restarts({
    table,
    journal,
    sides: unseen,
    signs,
    every: patience.restarts,
    told: options.legacyStarted,
    log,
  });
  const backends = { ...options.backends, legacy: signs.around(options.backends.legacy) };
  const sides = new Sides({ table, backends, names, bodies, sightings });
  const isProven = options.isProven ?? (() => true);
  journal.knowledge.outranksWhere((kind) => writesOf(table, kind).every((route) => isProven(route)));
  const tie = options.tie ?? new Tie();
  const alarms = options.alarms ?? new Alarms({ table, log });
  tie.onHeld((route, example) => alarms.raise(route, 'untied_model_call', { example }));
  const idWatch = new IdWatch(alarms, options.db);
  const tally = new Tally();
  const mirror = new Mirror({
    ...options.mirror,
    journal,
    sides,
    times: new ShownTimes(sides),
    tie,
    log,
    tally,
    rules: options.rules ?? [],
    onDivergence(route) {
      diffs.diverged();
      options.onDivergence?.(route);
    },
    takeOver: options.takeOver,
    legacyUrl: options.legacyUrl,
    alarms,
    idWatch,
    hasForgotten: ({ recalls }, { keys }) =>
      recalls === true && entityKeys(keys).some((key) => !journal.knowledge.legacy.hasAll(key)),
    onLost(keys, reason) {
      for (const key of keys) journal.knowledge.legacy.lost(key, { what: 'data', reason });
      restarts.suspect();
      aftercare.run();
    },
  });
  const resolver = new Resolver({
    journal,
    sides,
    tie,
    alarms,
    voidOnNew: options.voidOnNew,
    log,
    ...(patience.look !== undefined && { every: patience.look }),
  });
  const comparing = {
    sides,
    lag: journal.lag,
    rules: options.rules ?? [],
    counters: () => [journal.knowledge.legacy.incarnation],
  };
  const isComplete = options.isComplete ?? (() => false);
  const sync = new Sync({
    journal,
    sides,
    names,
    table,
    sources: options.sources ?? (async () => []),
    comparing,
    isComplete,
    holdsBack: () => restarts.distrust(),
    onLegacyLacks(keys) {
      if (keys.length > 0) aftercare.found(keys);
    },
    quiet: patience.sync,
    log,
  });
  const audit = new Audit({
    isComplete,
    ...options.audit,
    ready: () => restarts.settled(),
    // What a restart made legacy lose is no deletion.
    isSuspended: () => !restarts.current.isCompared || restarts.current.blocked !== undefined,
    journal,
    comparing,
    table,
    log,
    onUnknown: () => sync.kick(),
    onReleased: () => mirror.kick(),
  });
  const onLacking = (touches: Touched) => sync.want(touches);
  const writer = new Writer({
    journal,
    sides,
    bodies,
    resolver,
    tie,
    alarms,
    idWatch,
    secretHeaders: options.secretHeaders,
    onLacking,
    ...(patience.move !== undefined && { moveWithin: patience.move }),
  });
  const reader = new Reader({
    backends,
    journal,
    sides,
    alarms,
    idWatch,
    patience: patience.read,
    cleared: () => restarts.cleared(),
    suspect: () => restarts.suspect(),
    onLacking,
  });
  const diffs = new Diffs({
    ...options.diff,
    comparing,
    isKnown: (key) => journal.knowledge.isKnown(key),
    isComplete,
    log,
  });
  const givingBack = new GivingBack({ journal, sides, mirror, isComplete });
  const aftercare = new Aftercare({ journal, comparing, restarts, givingBack, log });
  return {
    names,
    bodies,
    spill,
    journal,
    sides,
    alarms,
    tally,
    mirror,
    resolver,
    writer,
    reader,
    sync,
    diffs,
    restarts,
    aftercare,
    audit,
    comparing,
  };
}

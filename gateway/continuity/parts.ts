/** The parts of state continuity, wired to each other. Nothing is read from the journal here but the names. */
import { join } from 'node:path';
import { Alarms } from './alarms/alarms.ts';
import { IdWatch } from './alarms/id-watch.ts';
import { Audit } from './audit/audit.ts';
import { Bodies } from './bodies/bodies.ts';
import { Room } from './bodies/room.ts';
import type { Claim } from './claim/claim.ts';
import type { ComparisonOptions } from './comparison/compare-key.ts';
import { Journal } from './journal/journal.ts';
import { isNamed } from './journal/spent-bodies.ts';
import { Spill } from './journal/spill.ts';
import { loadNames } from './journal/stored-names.ts';
import type { JournalDb } from './journal/tables.ts';
import { Mirror } from './mirror/mirror.ts';
import { Tie } from './model-calls/tie.ts';
import type { Names } from './names/names.ts';
import type { ContinuityOptions } from './options.ts';
import type { Touched } from './protocol/keys.ts';
import { Reader } from './reads/reader.ts';
import { Tally } from './shadow/tally.ts';
import { ShownTimes } from './sides/shown-times.ts';
import { Sides } from './sides/sides.ts';
import { compareEntity, compareLists } from './sync/compare-shown.ts';
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
  /** Finds what was written directly on legacy. */
  audit: Audit;
  /** What the one comparison of both sides needs. */
  comparing: ComparisonOptions;
}

export async function createParts(options: ContinuityOptions, db: JournalDb, claim: Claim): Promise<Parts> {
  const { table, backends, folder, log, patience = {} } = options;
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
  const sides = new Sides({ table, backends, names, bodies });
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
    voidOnNew: options.voidOnNew,
    log,
    ...(patience.look !== undefined && { every: patience.look }),
  });
  const comparing = { sides, lag: journal.lag, rules: options.rules ?? [] };
  const sync = new Sync({
    journal,
    sides,
    names,
    table,
    sources: options.sources ?? (async () => []),
    compare: (kind, id) => compareEntity(kind, id, comparing),
    compareLists: (kind) => compareLists(kind, comparing),
    isComplete: options.isComplete ?? (() => false),
    quiet: patience.sync,
    log,
  });
  const audit = new Audit({
    ...options.audit,
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
    onLacking,
  });
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
    audit,
    comparing,
  };
}

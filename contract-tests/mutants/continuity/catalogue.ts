/** Faults in state continuity: each guarantee, broken on purpose. */
import type { ContinuityFault } from '@banyan/suite/mutants/continuity/fault.ts';

const base = 'gateway/continuity';
const procedures = 'gateway/continuity/journal/migrations/0009-journal-procedures.ts';
const gives = 'gives legacy what was written on new, and new what was written on legacy';
const alike = 'shows a client the same ids, times and order whoever serves';
const acknowledged = 'An answer that a client got is of something durable';
const once = 'Each backend has a write exactly once';
const unseen = 'What a client has seen does not change because of a flip';
const served = 'A chat is served by the backend that has been given everything of it';

export const continuityFaults: ContinuityFault[] = [
  {
    name: 'journal-skipped',
    breaks: once,
    file: `${base}/continuity.ts`,
    from: "if (found.route.access === 'write')",
    to: "if (found.route.access === 'write' && found.route.method !== 'PUT')",
    seenBy: { file: 'continuity.test.ts', title: gives },
  },
  {
    name: 'order-shuffled',
    breaks: once,
    file: `${base}/journal/mirrored.ts`,
    from: ".orderBy('e.place')\n    .$if(limit",
    to: ".orderBy('e.place', 'desc')\n    .$if(limit",
    seenBy: { file: 'flips.test.ts', title: 'gives overlapping renames the same end on both sides' },
  },
  {
    name: 'only-direct-followers-wait',
    breaks: once,
    file: `${base}/journal/blocked.ts`,
    from: 'if (blockers.size > 0) for',
    to: 'if (isStuck) for',
    seenBy: {
      file: 'journal/blocked.test.ts',
      title: 'gives nothing to legacy that needs what waits for a stuck write, and counts all of it',
    },
  },
  {
    name: 'late-write-in-two-orders',
    breaks: once,
    file: `${base}/mirror/replay.ts`,
    from: 'const isLate = lag.isOvertaken(entry.id);',
    to: 'const isLate = false;',
    seenBy: { file: 'late.test.ts', title: 'ends with the lines in one order on both sides' },
  },
  {
    name: 'order-of-answers-for-order-of-effects',
    breaks: once,
    file: `${base}/mirror/overlaps.ts`,
    from: 'if (least === 0) return true;',
    to: 'if (least >= 0) return true;',
    seenBy: {
      file: 'flips.test.ts',
      title: 'replays overlapping lines in the order in which they came to be',
    },
  },
  {
    name: 'id-not-mapped',
    breaks: unseen,
    file: `${base}/ids/registry.ts`,
    from: 'if (publicId !== legacyId) this.#differing.add(kind);',
    to: 'if (publicId === legacyId) this.#differing.add(kind);',
    seenBy: { file: 'continuity.test.ts', title: alike },
  },
  {
    name: 'text-rewritten',
    breaks: unseen,
    file: `${base}/sides/sides.ts`,
    from: 'const bytes = legacyBody(route, body.bytes, this.names.ids);',
    to: `const bytes = Buffer.from(
      Buffer.from(legacyBody(route, body.bytes, this.names.ids))
        .toString('latin1')
        .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => this.names.ids.legacyOf('note', id)),
      'latin1',
    );`,
    seenBy: { file: 'flips.test.ts', title: 'keeps what a text says, though it quotes an id' },
  },
  {
    name: 'drain-skipped',
    breaks: served,
    file: procedures,
    from: "entries.mirror in ('owed', 'sending')",
    to: 'false',
    seenBy: { file: 'flips.test.ts', title: 'pins one note that cannot be replayed' },
  },
  {
    name: 'moves-while-in-flight',
    breaks: served,
    file: procedures,
    from: 'and (held.in_flight > 0 or exists (',
    to: 'and (false or exists (',
    seenBy: { file: 'flips.test.ts', title: 'holds only the note that a model call is under way for' },
  },
  {
    name: 'lag-does-not-count-for-reads',
    breaks: served,
    file: `${base}/reads/choose-side.ts`,
    from: '!(open || owed || pinned)',
    to: '!(open || pinned)',
    seenBy: { file: 'flips.test.ts', title: 'never answers from a side that has not been given everything' },
  },
  {
    name: 'replayed-without-a-look',
    breaks: once,
    file: `${base}/mirror/replay.ts`,
    from: "side === 'legacy' && entry.mirror === 'sending'",
    to: "side === 'new' && entry.mirror === 'sending'",
    seenBy: { file: 'doubt.test.ts', title: 'gives legacy nothing twice where the mirror is killed' },
  },
  {
    name: 'in-doubt-is-void',
    breaks: once,
    file: `${base}/writes/writer.ts`,
    from: `    else {
      await journal.doubt(id);
      resolver.resolve(id);
    }`,
    to: '    else await journal.void(id);',
    seenBy: {
      file: 'doubt.test.ts',
      title: 'finds out that a write on legacy took effect although its answer was lost',
    },
  },
  {
    name: 'open-writes-forgotten-at-a-start',
    breaks: once,
    file: `${base}/journal/entries.ts`,
    from: ".where('state', 'in', ['admitted', 'doubt'])",
    to: ".where('state', 'in', ['doubt'])",
    seenBy: { file: 'doubt.test.ts', title: 'comes back after a kill at "answered" of a write on legacy' },
  },
  {
    name: 'one-effect-for-several-writes',
    breaks: once,
    file: `${base}/probe/probe.ts`,
    from: "if (typeof id === 'string' && doubt.isTaken(kind, id)) continue;",
    to: "if (typeof id !== 'string') continue;",
    seenBy: { file: 'doubt.test.ts', title: 'takes what legacy has made for one write each' },
  },
  {
    name: 'answered-before-it-is-settled',
    breaks: acknowledged,
    file: `${base}/writes/writer.ts`,
    from: 'await this.#settle(side, write, known, intent.id, answers);',
    to: 'void this.#settle(side, write, known, intent.id, answers).catch(() => undefined);',
    seenBy: {
      file: 'postgres-away.test.ts',
      on: 'PostgreSQL',
      title: 'says that the outcome is not known where it stays away',
    },
  },
  {
    name: 'nothing-spilled',
    breaks: acknowledged,
    file: `${base}/journal/journal.ts`,
    from: 'await this.#options.spill.write(settlement);',
    to: '',
    seenBy: {
      file: 'postgres-away.test.ts',
      on: 'PostgreSQL',
      title: 'takes in at its start what was spilled by a gateway that was killed',
    },
  },
  {
    name: 'settled-again-is-another-outcome',
    breaks: acknowledged,
    file: `${base}/journal/settle.ts`,
    from: "return Buffer.from(row.answer_body).equals(answer.body) ? 'done' : 'other';",
    to: "return 'other';",
    seenBy: {
      file: 'postgres-away.test.ts',
      on: 'PostgreSQL',
      title: 'knows what was answered where the commit was not heard of',
    },
  },
  {
    name: 'model-paid-twice',
    breaks: 'A model call is paid once',
    file: `${base}/relay/tie.ts`,
    from: 'if (flight.reply === undefined) return provider.call(call, signal);',
    to: 'if (flight.reply !== null) return provider.call(call, signal);',
    seenBy: { file: 'continuity.test.ts', title: gives },
  },
  {
    name: 'times-of-the-replay-shown',
    breaks: unseen,
    file: `${base}/times/memory.ts`,
    from: '?? fits[0])?.publicValue ?? value;',
    to: '?? fits[0])?.value ?? value;',
    seenBy: { file: 'continuity.test.ts', title: alike },
  },
  {
    name: 'list-sorted-the-other-way',
    breaks: unseen,
    file: `${base}/json/public-answer.ts`,
    from: "direction === 'ascending' ? 1 : -1",
    to: "direction === 'ascending' ? -1 : 1",
    seenBy: { file: 'continuity.test.ts', title: alike },
  },
  {
    name: 'times-left-to-a-write-before-it',
    breaks: unseen,
    file: `${base}/journal/lag.ts`,
    from: "other.state === 'owed' && other.settled > entry.settled",
    to: "other.state === 'owed'",
    seenBy: { file: 'continuity.test.ts', title: alike },
  },
  {
    name: 'refused-connection-in-doubt',
    breaks: 'Only a refused connection proves that nothing happened',
    file: `${base}/writes/writer.ts`,
    from: "error.code === 'backend_unreachable') await journal.void(id);",
    to: "error.code === 'backend_unreachable') await journal.doubt(id);",
    seenBy: { file: 'doubt.test.ts', title: 'says 502 of a refused connection' },
  },
  {
    name: 'asked-again-at-once',
    breaks: once,
    file: `${base}/mirror/earlier.ts`,
    from: 'const isOver = idle.has(entry.id)',
    to: 'const isOver = !idle.has(entry.id)',
    seenBy: { file: 'doubt.test.ts', title: 'does not ask legacy again while it may still be at work' },
  },
  {
    name: 'excuse-said-again',
    breaks: once,
    file: `${base}/mirror/earlier.ts`,
    from: "if (finding.seen === 'done otherwise')",
    to: "if (finding.seen === 'done otherwise' && isOver === undefined)",
    seenBy: { file: 'doubt.test.ts', title: 'holds on to what legacy has stored with an excuse' },
  },
  {
    name: 'own-name-is-anothers',
    breaks: once,
    file: `${base}/mirror/earlier.ts`,
    from: '&& !own.has(keyOf(kind, ids.publicOf(kind, id)))',
    to: '',
    seenBy: {
      file: 'postgres-away.test.ts',
      on: 'PostgreSQL' as const,
      title: 'makes nothing twice on legacy where it goes away before the replay is written down',
    },
  },
  {
    name: 'order-of-asking-for-order-of-ends',
    breaks: unseen,
    file: `${base}/mirror/order-of-ends.ts`,
    from: 'if (!first) return true;',
    to: 'if (first || !first) return true;',
    seenBy: {
      file: 'work.test.ts',
      title: 'gives what went on at once in one note to the other side in the order in which it ended on',
    },
  },
  {
    name: 'ended-work-not-found',
    breaks: once,
    file: `${base}/probe/probe.ts`,
    from: "if (ended && ended.seen !== 'not done') return ended;",
    to: "if (ended && ended.seen === 'not done') return ended;",
    seenBy: {
      file: 'work.test.ts',
      title: 'finds that a replay whose gateway was killed has begun it, though it has ended since',
    },
  },
  {
    name: 'list-of-one-side',
    breaks: served,
    file: `${base}/continuity.ts`,
    from: 'return lacksSome && canMerge',
    to: 'return !lacksSome && canMerge',
    seenBy: {
      file: 'reads/merged-list.test.ts',
      title: 'shows every acknowledged write, whoever serves, while each side waits for the other',
    },
  },
  {
    name: 'given-up-and-admitted',
    breaks: served,
    file: `${base}/journal/admit.ts`,
    from: "await call(tx, 'make_void', [id]);",
    to: '',
    seenBy: {
      file: 'postgres-away.test.ts',
      on: 'PostgreSQL' as const,
      title: 'gives up a write whose admission still comes when nobody waits for it any more',
    },
  },
  {
    name: 'any-answer-is-done',
    breaks: once,
    file: `${base}/mirror/replay.ts`,
    from: 'const refused = answers && refusalOf(',
    to: 'const refused = answers && answers.raw.status > 599 && refusalOf(',
    seenBy: {
      file: 'mirror/acceptance.test.ts',
      title: 'holds a replay that legacy answers otherwise',
    },
  },
  {
    name: 'not-shown-is-not-done',
    breaks: once,
    file: `${base}/writes/resolver.ts`,
    from: 'return this.#leaveOpen(entry, finding, isOver);',
    to: "await this.#void(entry.id);\n        return 'resolved';",
    seenBy: {
      file: 'probe/unreadable.test.ts',
      title: 'holds a write in doubt while legacy does not show whether it has done it',
    },
  },
  {
    name: 'counts-not-carried',
    breaks: unseen,
    file: `${base}/mirror/replay.ts`,
    from: '...(Object.keys(counts).length > 0 && { counts })',
    to: '...(Object.keys(counts).length > 99 && { counts })',
    seenBy: { file: 'continuity.test.ts', title: 'takes over a number that legacy lost in a race, with ' },
  },
];

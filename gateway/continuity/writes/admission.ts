/** Writes down what a write intends, for the side that may have its keys, before anything is sent. */
import { randomUUID } from 'node:crypto';
import { traceparent } from '@banyan/operations/tracing/spans.ts';
import { dialectOf } from '@banyan/route-table/dialect.ts';
import type { BackendName, Route } from '@banyan/route-table/route-table.ts';
import type { BackendRequest } from '../../backends/backend.ts';
import { BanyanError } from '../../errors.ts';
import type { Alarms } from '../alarms/alarms.ts';
import { refuseAmbiguous } from '../alarms/refuse-ambiguous.ts';
import type { Body } from '../bodies/bodies.ts';
import type { Intent } from '../journal/admit.ts';
import { type SecretHeaders, withoutCredentials } from '../journal/credentials.ts';
import type { Journal } from '../journal/journal.ts';
import type { Expected } from '../probe/findings.ts';
import { lookBefore } from '../probe/probe.ts';
import { type Known, type Touched, touched } from '../protocol/keys.ts';
import type { ModeName } from '../protocol/modes.ts';
import { otherSide } from '../protocol/roles.ts';
import type { Sides } from '../sides/sides.ts';
import { jsonOf } from './entry-content.ts';

/** What a write needs to be admitted. */
export interface AdmissionGround {
  journal: Journal;
  sides: Sides;
  alarms: Alarms;
  /** Headers that are sent and not written down, in lower case. */
  secretHeaders: SecretHeaders;
  /** How long a write whose keys the other side has waits for them, before it goes there, in milliseconds. */
  moveWithin: number;
  /** How long it waits at all. */
  giveUpAfter: number;
  /** A write goes to legacy because the new backend is not known to have what it touches. */
  onLacking: (touches: Touched) => void;
}

export interface Write {
  route: Route;
  params: Readonly<Record<string, string>>;
  request: BackendRequest;
  flagged: BackendName;
  /** Says whether the other side is given it. */
  mode: ModeName;
  epoch: number;
}

/** A write that has been admitted. */
export interface Admitted {
  id: string;
  side: BackendName;
  write: Write;
  body: Body | undefined;
  known: Known;
  /** How long it waited until a side could have its keys, in milliseconds. */
  held: number;
}

/** Writes the intent down. @throws BanyanError of `refuseAmbiguous`, of the journal, or `keys_held`; then nothing has happened */
export async function admitWrite(
  write: Write,
  body: Body | undefined,
  ground: AdmissionGround,
): Promise<Admitted> {
  const { route, params, request } = write;
  const known: Known = {
    params,
    request: jsonOf(route, body, request.rawHeaders),
    trim: dialectOf(route).trim,
  };
  refuseAmbiguous(route, known, { alarms: ground.alarms, lag: ground.journal.lag });
  const { method, target } = request;
  const stored = {
    method,
    target,
    rawHeaders: withoutCredentials(request.rawHeaders, ground.secretHeaders),
    mode: write.mode,
    trace: traceparent(),
    ...(body && 'file' in body && { bodyFile: body.file, form: known.request }),
  };
  const intent: Intent = {
    id: randomUUID(),
    epoch: write.epoch,
    route: route.key,
    keys: touched(route, known).keys,
    request: stored,
    body: body && 'bytes' in body ? body.bytes : undefined,
    sides: [write.flagged],
    expected: {},
  };
  const { side, held } = await admit(write, known, intent, ground);
  return { id: intent.id, side, write, body, known, held };
}

/** Admits it to the flagged side; or, where that does not come to have the keys soon, to the side that has them. */
async function admit(
  write: Write,
  known: Known,
  intent: Intent,
  ground: AdmissionGround,
): Promise<{ side: BackendName; held: number }> {
  const { journal, moveWithin, giveUpAfter } = ground;
  const began = performance.now();
  let blocked: number | undefined;
  const touches = { ...touched(write.route, known), every: [] };
  for (;;) {
    const waited = performance.now() - began;
    if (waited >= giveUpAfter) throw new BanyanError('keys_held');
    const other = otherSide[write.flagged];
    // No wait gives a side what was there before the journal: the sync does, in its own time.
    const lacks = journal.knowledge.lacks(write.flagged, touches);
    if (lacks && write.flagged === 'new') ground.onLacking(touches);
    const [first, second]: BackendName[] = lacks ? [other, write.flagged] : [write.flagged, other];
    // Legacy takes a write although it has forgotten something, as it always did; the new backend never takes one blindly.
    const isBound = lacks && (write.flagged === 'new' || journal.knowledge.legacy.isBlocked);
    const mayMove = waited >= moveWithin && !isBound;
    const sides = [first, ...(mayMove ? [second] : [])].filter((side) => side !== undefined);
    await journal.holds.free(intent.keys);
    const expected = await expectedOn(sides, write, known, ground);
    const admitted = await journal.admit({ ...intent, sides, expected });
    const now = performance.now();
    if (admitted !== 'blocked') return { side: admitted.side, held: now - (blocked ?? now) };
    blocked ??= now;
    const left = (waited < moveWithin ? moveWithin : giveUpAfter) - (performance.now() - began);
    await journal.lag.change(left);
  }
}

/** `new` keeps what it did by the operation's id; only legacy has to be looked at. */
async function expectedOn(
  sides: readonly BackendName[],
  { route }: Write,
  known: Known,
  ground: AdmissionGround,
): Promise<Partial<Record<BackendName, Expected>>> {
  if (!sides.includes('legacy')) return {};
  const legacy = await lookBefore(ground.sides, 'legacy', route, known);
  return legacy ? { legacy } : {};
}

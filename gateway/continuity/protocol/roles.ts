/**
 * Who serves, who is fed and who is compared, for each mode and kind of request: the one table, which the gateway runs by.
 * The flag says what is wanted; where the wanted side is not current for a request's keys, the other serves (data outranks
 * the flag).
 */
import type { BackendName, Route } from '@banyan/route-table/route-table.ts';
import { type Mode, type ModeName, nameOf, shareOf } from './modes.ts';

export interface Roles {
  /** `share`: `new` for a share of the chats, sticky, and legacy for the rest. */
  serves: BackendName | 'share';
  /** The sides that are given afterwards what the other one has served. */
  fed: readonly BackendName[];
  /** `replay`: a write's two answers, once it is replayed. `asked`: a read is asked of `new` too, off the client's path. */
  compared: 'replay' | 'asked' | 'nothing';
}

const read = (serves: Roles['serves'], compared: Roles['compared'] = 'nothing'): Roles => ({
  serves,
  fed: [],
  compared,
});
const write = (serves: Roles['serves'], fed: readonly BackendName[] = ['legacy', 'new']): Roles => ({
  serves,
  fed,
  compared: 'replay',
});

export const roles: Readonly<Record<ModeName, Readonly<Record<Route['access'], Roles>>>> = {
  legacy: { read: read('legacy'), write: write('legacy') },
  shadow: { read: read('legacy', 'asked'), write: write('legacy') },
  canary: { read: read('share'), write: write('share') },
  new: { read: read('new'), write: write('new') },
  // What legacy still had alone when the route was completed, it serves to its end, and `new` is given it.
  complete: { read: read('new'), write: write('new', ['new']) },
};

export const otherSide: Readonly<Record<BackendName, BackendName>> = { legacy: 'new', new: 'legacy' };

/** Whether the client gets any answer of `new`'s: then the route needs evidence. */
export const letsNewServe = (mode: Mode) => roles[nameOf(mode)].read.serves !== 'legacy';

/** Whether `new` answers every client of the route. */
export const newServes = (mode: Mode) => roles[nameOf(mode)].read.serves === 'new';

/** The share of the clients that `new` answers, from 0 to 1. */
export const newsShare = (mode: Mode) => (newServes(mode) ? 1 : shareOf(mode));

/**
 * Whether a flip gives the new backend more than it has, so that evidence and alarms can speak against it. Nothing speaks
 * against a flip towards legacy.
 */
export const isForth = (from: Mode, to: Mode) =>
  newsShare(to) > newsShare(from) || (to === 'complete' && from !== 'complete');

/** Whether a write that a side has served is to be given to the other one. */
export const isFed = (mode: ModeName, servedBy: BackendName) =>
  roles[mode].write.fed.includes(otherSide[servedBy]);

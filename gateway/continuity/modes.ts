/**
 * Who serves, who is fed and who is compared, for each mode and kind of request: the one table. The flag says what is
 * wanted; where the wanted side is not current for a request's keys, the other serves (data outranks the flag).
 */
import type { BackendName, Route } from '../../contract/route-table.ts';

/** The modes of the design; which of them the flag file takes is `gateway/flags/model.ts`' to say. */
export type ContinuityMode = 'legacy' | 'shadow' | 'canary' | 'new' | 'complete';

export interface Roles {
  /** `share`: `new` for a share of the chats, sticky, and legacy for the rest. */
  serves: BackendName | 'share';
  /** The side that is given the write afterwards. Nobody, where there is no way back, and for reads. */
  feeds: 'other' | 'nobody';
  /** Writes are compared as they are replayed; a read of `shadow` is asked of the other side, off the client's path. */
  compares: 'replay' | 'asked' | 'nothing';
}

const read = (serves: Roles['serves'], compares: Roles['compares'] = 'nothing'): Roles => ({
  serves,
  feeds: 'nobody',
  compares,
});
const write = (serves: Roles['serves']): Roles => ({ serves, feeds: 'other', compares: 'replay' });

export const roles: Readonly<Record<ContinuityMode, Readonly<Record<Route['access'], Roles>>>> = {
  legacy: { read: read('legacy'), write: write('legacy') },
  shadow: { read: read('legacy', 'asked'), write: write('legacy') },
  canary: { read: read('share'), write: write('share') },
  new: { read: read('new'), write: write('new') },
  complete: {
    read: read('new'),
    write: { serves: 'new', feeds: 'nobody', compares: 'nothing' },
  },
};

export const otherSide: Readonly<Record<BackendName, BackendName>> = { legacy: 'new', new: 'legacy' };

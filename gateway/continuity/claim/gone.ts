/** Whether the gateway that has the database is gone, so that another one may take over. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Duty } from './duty.ts';
import { type ProcessName, runsHere } from './process.ts';

/** Claims of this process, by the gateway's id: a test has several, one after the other. */
export const claimsHere = new Set<string>();

export interface GoneOptions {
  self: ProcessName;
  /** Reads the row again. */
  look(): Promise<Duty>;
  /** How long a gateway elsewhere has to connect again, in milliseconds. */
  reconnectWithin?: Partial<ReconnectTimes>;
  /** The id of a gateway of which a person says that it is gone. */
  saidGone?: string | undefined;
}

export interface ReconnectTimes {
  /** Only its connection broke: it makes a new one ten times a second. */
  sameServer: number;
  /** The server has started anew, or is another one after a failover: it may not take connections at once. */
  newServer: number;
}

const usual: ReconnectTimes = { sameServer: 1000, newServer: 10_000 };
const betweenLooks = 100;

/**
 * A holder in the same place is gone if its process is. Of one elsewhere only its connection is known: it is gone if it has
 * none and makes none in the time that it has for that, which this process's own clock measures. A paused process runs and is
 * connected, so it is not gone.
 */
export async function isGone(duty: Duty, options: GoneOptions): Promise<boolean> {
  const { self, look, saidGone } = options;
  const { holder } = duty;
  if (!holder || holder.id === saidGone) return true;
  if (holder.place !== undefined && holder.place === self.place)
    return holder.pid === self.pid && holder.started === self.started
      ? !claimsHere.has(holder.id)
      : !runsHere(holder);
  if (holder.hasSession === true) return false;
  // Where there is no list of sessions, the database is this process's alone: the folder's lock has seen to it.
  if (holder.hasSession === undefined) return true;
  const times = { ...usual, ...options.reconnectWithin };
  const end = performance.now() + times[holder.isSameServer ? 'sameServer' : 'newServer'];
  while (performance.now() < end) {
    await pause(betweenLooks);
    const now = await look();
    if (now.fence !== duty.fence || now.holder?.id !== holder.id) return isGone(now, options);
    if (now.holder.hasSession) return false;
  }
  return true;
}

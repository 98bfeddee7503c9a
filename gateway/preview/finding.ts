/** What a preview is made of: a question, the ground that it is answered on, and findings. */
import type { BackendName, RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import type { LackedWrite } from '../continuity/journal/lacked-writes.ts';
import type { LostKey } from '../continuity/operator.ts';
import type { Compared } from '../continuity/shadow/tally.ts';
import type { KindProgress } from '../continuity/sync/progress.ts';
import type { FlagFault, UnwrittenFlags } from '../flags/model.ts';
import type { Asked, Plan } from '../flags/plan.ts';

/** A flip that is not done, only looked at. */
export interface Question extends Asked {
  /** `rollback --now`: legacy is to serve at once, without what it lacks. */
  now: boolean;
  /** What a person would say with it. */
  force: boolean;
  yes: boolean;
}

/**
 * `well`: as it should be. `note`: good to know. `caution`: it is done, and a person should know. `refusal`: it is not done. `unknown`:
 * this cannot be told here.
 */
export type Weight = 'well' | 'note' | 'caution' | 'refusal' | 'unknown';

export interface Finding {
  /** What it is about, in a word or two. */
  about: string;
  weight: Weight;
  /** A sentence or two. */
  says: string;
  /** Routes or keys, each with what is to be said of it. */
  items?: { name: string; says: string[] }[];
  /** What a person can say so that a refusal, or what was one, does not stand. */
  unless?: 'force' | 'yes';
}

/** What a gateway knows; or what the flag file tells while none runs. */
export interface Ground {
  table: RouteTable;
  /** @throws BanyanError `unknown_target` */
  plan(asked: Asked): Plan;
  /** Of the flag file. */
  faults: readonly FlagFault[];
  /** What is in force and not in the flag file, because it could not be written; undefined where the file says all of it. */
  unwritten?: readonly UnwrittenFlags['routes'][number][] | undefined;
  isRunning: boolean;
  /** Undefined: no gateway runs, or writes are not journaled. */
  lackedBy?: ((side: BackendName, routes: readonly RouteKey[]) => Promise<LackedWrite[]>) | undefined;
  /** What legacy has lost or forgotten; undefined as `lackedBy`. */
  lostByLegacy?: ((routes: readonly RouteKey[]) => LostKey[]) | undefined;
  /** Answers of both backends that were compared; undefined while no gateway runs. */
  compared?: (() => readonly Compared[]) | undefined;
  /** How the first sync is doing; undefined while no gateway runs, or where nothing is journaled. */
  sync?: (() => readonly KindProgress[]) | undefined;
  /** What else speaks for or against a flip. */
  more?: readonly Look[] | undefined;
}

/** A question with what is known before anybody looks closer. */
export interface Case {
  question: Question;
  plan: Plan;
  /** The backend that would get more of the routes. */
  toServe: BackendName;
  /** What that backend lacks; undefined where nobody can tell. */
  lacks: readonly LackedWrite[] | undefined;
}

/** Looks at one side of a case. */
export type Look = (asked: Case, ground: Ground) => Finding[] | Promise<Finding[]>;

export const finding = (
  weight: Weight,
  about: string,
  says: string,
  items: Finding['items'] = [],
): Finding => ({ about, weight, says, ...(items.length > 0 && { items }) });

export const counted = (count: number, one: string, several: string) =>
  `${count} ${count === 1 ? one : several}`;

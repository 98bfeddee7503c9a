/** What a replay needs of the mirror. */
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import type { Route, RouteKey } from '@banyan/route-table/route-table.ts';
import type { Alarms } from '../../alarms/alarms.ts';
import type { IdWatch } from '../../alarms/id-watch.ts';
import type { Entry } from '../../journal/entries.ts';
import type { Lag } from '../../journal/lag/lag.ts';
import type { Marks } from '../../journal/replay-marks.ts';
import type { Hold } from '../../model-calls/hold.ts';
import type { Tie } from '../../model-calls/tie.ts';
import type { Tally } from '../../shadow/tally.ts';
import type { EndOptions } from '../order/watch-end.ts';
import type { Tails } from './tails.ts';

export interface ReplayOptions extends EndOptions {
  tie: Tie;
  /** Differences that a person signed off; left is legacy. */
  rules: readonly AcceptedRule[];
  /** Where legacy answers: it may redirect to its own address. */
  legacyUrl?: string | undefined;
  tally: Tally;
  marks: Marks;
  alarms: Alarms;
  idWatch: IdWatch;
  /** Entries that legacy is not at work on, as this process knows: they were answered, or not sent yet. */
  idle: Set<string>;
  /** Whether legacy has forgotten what its answer to such a write rests on. */
  hasForgotten?: ((route: Route, entry: Entry) => boolean) | undefined;
  /** Told where the other side answers otherwise, or does not take a write that it should. */
  onDivergence?: ((route: RouteKey) => void) | undefined;
}

/** What goes with one attempt. */
export interface Attempt {
  lag: Lag;
  /** Whether it was marked as sent before its turn. */
  marked: Promise<boolean> | undefined;
  tails: Tails;
  /** Keeps its model call waiting; undefined where the reply goes out at once. */
  hold?: Hold | undefined;
  /** Called as soon as the other side has the entry and its names are known. */
  onTaken: () => void;
  /** Whether an earlier attempt may have been answered: true if the original model call may be lost. */
  isRepeated: boolean;
}

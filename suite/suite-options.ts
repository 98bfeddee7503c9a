/** What a run of the suite is told. */
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import type { Recording } from '@banyan/gateway/record/read-recording.ts';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import type { Compared, Noise } from './compared.ts';
import type { ProbeTrials } from './probes.ts';
import type { ChangesIn } from './retired/change.ts';
import type { StartBackend } from './running-backend.ts';

export interface SuiteOptions {
  table: RouteTable;
  recordings: readonly Recording[];
  rules: readonly AcceptedRule[];
  /** Quirks that the new backend no longer has: their rules are in force, for it alone. */
  retired?: readonly string[];
  /** What quirks change that no rule's places can say, by the quirk's name. */
  changes?: Readonly<Record<string, ChangesIn>>;
  /** `2026-01-31`. */
  today: string;
  /** Called once for each recording. */
  startLegacy: StartBackend;
  startNew: StartBackend;
  /** Both share something (a relay, a database), so that one has to be done before the other begins. */
  oneAfterTheOther?: boolean;
  /** Whether `startLegacy` gives a fresh one each time, so that legacy can be held against itself; yes unless told. */
  freshLegacy?: boolean;
  patience?: number;
  /** Tries the probes of the route table with the writes that are replayed against legacy. */
  probes?: ProbeTrials;
  onCompared?: (compared: Compared) => void;
  /** Called where legacy does not answer as recorded, once it is known why. */
  onNoise?: (noise: Noise) => void;
}

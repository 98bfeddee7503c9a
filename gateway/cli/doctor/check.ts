/** What the doctor looks at, and how it says what it found. */
import { inTime } from '@banyan/operations/in-time.ts';
import type { Application } from '../../application.ts';
import type { Configuration } from '../../console/configuration.ts';
import type { Settings } from '../../settings.ts';

/** `fault`: Banyan does not run, or not right, until it is put right. `warning`: it runs, and somebody should know. */
export type Health = 'ok' | 'warning' | 'fault';

export interface Finding {
  health: Health;
  /** What was found, in one sentence. */
  says: string;
  /** What to do about it. */
  do?: string;
}

export interface Patient {
  /** Of the running gateway, as far as it tells them; of this environment where none runs. */
  settings: Settings;
  application(): Promise<Application>;
  /** Undefined where none runs. */
  gateway: RunningPatient | undefined;
}

export interface RunningPatient {
  /** Of its console. */
  url: string;
  ready: boolean;
  /** What it runs with; undefined where it does not say. */
  configuration?: Configuration | undefined;
  /** Variables of this environment, as the gateway shows its own. */
  here?: Record<string, string>;
  /** Why it does not answer this command. */
  refusal?: { says: string; do: string } | undefined;
}

export interface Check {
  name: string;
  /** One finding or several; what it throws is a fault. */
  look(patient: Patient): Promise<Finding | Finding[]>;
}

export interface Checked extends Finding {
  name: string;
}

export const ok = (says: string): Finding => ({ health: 'ok', says });
export const warning = (says: string, advice: string): Finding => ({ health: 'warning', says, do: advice });
export const fault = (says: string, advice: string): Finding => ({ health: 'fault', says, do: advice });

/** Milliseconds that one check may take. */
const patience = 10_000;

/** All at once; the order of the answers is that of the checks. Never throws. */
export async function examine(checks: readonly Check[], patient: Patient): Promise<Checked[]> {
  const found = await Promise.all(
    checks.map(async ({ name, look }) => {
      const findings = await inTime(patience, () => look(patient), tooLate(name)).catch((error: unknown) =>
        unexpected(error),
      );
      return [findings].flat().map((finding) => ({ name, ...finding }));
    }),
  );
  return found.flat();
}

/** Errors of the catalogue say what to do; of others the first line is all there is. */
function unexpected(error: unknown): Finding {
  const says = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  const advice = error instanceof Error && 'advice' in error ? String(error.advice) : '';
  return fault(says, advice || 'Look at what it names, then run `banyan doctor` again.');
}

const tooLate = (name: string) => (): never => {
  throw new Error(`${name}: no answer within ${patience / 1000} s`);
};

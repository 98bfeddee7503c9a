/** The command line of `npm run contract`. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

export const usage = `usage: npm run contract -- [options]

Replays every recording of the application against a fresh legacy app and a fresh new backend, and compares
the answers (status, headers and body, byte for byte once ids and times are bound) and what each sent to the model.

  --recording NAME   only this one; may be given several times
  --only 3,17,80     of that one recording only these exchanges, by number
  --legacy URL       a legacy backend that runs, instead of a fresh one
  --new URL          a new backend that runs; every route is then expected of it
  --relay URL        where both of those call the model: the relay is opened there and shows what they send; they
                     present RELAY_KEY. Without it the prompts of backends that run elsewhere are not compared
  --application FILE another application: a module that exports what suite/application.ts says; where it does not
                     start its backends, they are those of --legacy and --new
  --recordings DIR   recordings of another folder
  --state DIR        both fresh backends start from the files in this folder, as the legacy app's working directory has
                     them; the new backend imports them
  --retired NAMES    quirks that the new backend no longer has, with commas between: their differences are expected
  --result FILE      where the result goes (result.json)
  --report FILE      a page for a browser (contract-report.html)
  --junit FILE       the result as JUnit XML, for CI
  --no-evidence      do not write the application's evidence after a run of everything
  --mutants          plants faults in copies of the new backend instead, one after the other, and fails unless a
                     recording shows each; --only NAME for one, --sample N --seed S for a part of them, --lanes N;
                     --continuity: faults of state continuity in copies of the gateway, which its own tests must see
  --help

Exit codes: 0 no divergence; 1 a divergence, or a rule of the register that has expired or is of no use; 2 it could not
run.`;

export interface RunOptions {
  legacy: string | undefined;
  new: string | undefined;
  relay: string | undefined;
  state: string | undefined;
  application: string | undefined;
  /** The folder; the application's own unless given. */
  recordings: string | undefined;
  retired: string[];
  recording: string[] | undefined;
  /** Places in the recording, from 0. */
  only: number[] | undefined;
  /** Absolute paths. */
  result: string;
  report: string;
  junit: string | undefined;
  evidence: boolean;
  help: boolean;
}

/** @throws UsageError */
export function runOptions(args: string[]): RunOptions {
  const { recording, help, ...values } = parsed(args);
  const only = values.only?.split(',').map(exchangeNumber);
  if (only && recording?.length !== 1) throw new UsageError('--only needs one --recording');
  return {
    recording,
    only,
    help: help ?? false,
    legacy: origin('--legacy', values.legacy),
    new: origin('--new', values.new),
    relay: origin('--relay', values.relay),
    state: values.state === undefined ? undefined : resolve(values.state),
    application: values.application,
    recordings: values.recordings === undefined ? undefined : resolve(values.recordings),
    retired: (values.retired ?? '').split(',').filter((name) => name !== ''),
    result: resolve(values.result ?? 'result.json'),
    report: resolve(values.report ?? 'contract-report.html'),
    junit: values.junit === undefined ? undefined : resolve(values.junit),
    evidence: !values['no-evidence'],
  };
}

function parsed(args: string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args,
      options: {
        legacy: text,
        new: text,
        relay: text,
        state: text,
        retired: text,
        only: text,
        result: text,
        report: text,
        junit: text,
        application: text,
        recordings: text,
        recording: { ...text, multiple: true },
        'no-evidence': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function exchangeNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text) - 1;
  throw new UsageError(`--only takes numbers of exchanges, from 1, not "${text}"`);
}

/** @throws UsageError */
export function origin(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' && url.pathname === '/' && !url.search) return url.origin;
  throw new UsageError(
    `${option} must be the origin of a backend, such as http://127.0.0.1:5050, not "${text}"`,
  );
}

/** The command line of `npm run fuzz`. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { origin } from '../run-options.ts';
import { UsageError } from '../usage-error.ts';

export const usage = `usage: npm run fuzz -- [options]

Draws sequences of requests from the route table, its OpenAPI document and a grammar of nasty input, sends them to a
legacy app and a new backend in step, compares the answers by the suite's rules, and shrinks what diverges to a short
recording.

  --runs N        how many sequences (200)
  --seed S        the first one's; each sequence is a seed, so that --runs 1 --seed S plays that one again. Without it
                  the seed is the day's
  --for SECONDS   begin no sequence after this long
  --lanes N       pairs of backends at once (3)
  --legacy URL    a legacy backend that runs, instead of fresh ones; lanes are then 1
  --new URL       a new backend that runs; every route is then expected of it
  --relay URL     where both of those call the model; see npm run contract -- --help
  --noise         legacy against legacy: what the rules do not explain between two runs of the same backend
  --flips         a gateway with state continuity in the place of the new backend, and flips between the requests: what
                  its clients see must be what one run of legacy could have given
  --application FILE  another application; see npm run contract -- --help
  --retired NAMES quirks that the new backend no longer has, with commas between
  --out DIR       where recordings of divergences go (beside the application's)
  --help

Ctrl-C ends it and prints what was found until then.

Exit codes: 0 no divergence; 1 a divergence; 2 it could not run; 130 it was stopped.`;

export interface FuzzOptions {
  runs: number;
  seed: number | undefined;
  /** Milliseconds. */
  time: number | undefined;
  lanes: number;
  legacy: string | undefined;
  new: string | undefined;
  relay: string | undefined;
  noise: boolean;
  flips: boolean;
  retired: string[];
  out: string | undefined;
  application: string | undefined;
  help: boolean;
}

/** @throws UsageError */
export function fuzzOptions(args: string[]): FuzzOptions {
  const values = parsed(args);
  const seconds = whole('--for', values.for);
  const elsewhere = values.legacy !== undefined || values.new !== undefined;
  if (values.noise && elsewhere) throw new UsageError('--noise starts both backends itself');
  if (values.flips && (elsewhere || values.noise))
    throw new UsageError('--flips starts the gateway and its backends itself');
  return {
    runs: whole('--runs', values.runs) ?? 200,
    seed: whole('--seed', values.seed),
    time: seconds === undefined ? undefined : seconds * 1000,
    lanes: elsewhere ? 1 : (whole('--lanes', values.lanes) ?? 3),
    legacy: origin('--legacy', values.legacy),
    new: origin('--new', values.new),
    relay: origin('--relay', values.relay),
    noise: values.noise ?? false,
    flips: values.flips ?? false,
    retired: (values.retired ?? '').split(',').filter((name) => name !== ''),
    application: values.application,
    out: values.out === undefined ? undefined : resolve(values.out),
    help: values.help ?? false,
  };
}

function parsed(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args,
      options: {
        runs: text,
        seed: text,
        for: text,
        lanes: text,
        out: text,
        retired: text,
        application: text,
        legacy: text,
        new: text,
        relay: text,
        noise: flag,
        flips: flag,
        help: flag,
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function whole(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text) && (Number(text) > 0 || option === '--seed')) return Number(text);
  throw new UsageError(`${option} must be a whole number, not "${text}"`);
}

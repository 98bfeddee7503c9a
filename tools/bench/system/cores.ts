/** Which core runs what. With everything on cores of its own, a proxy's figures are its own. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { installed } from './tools.ts';

export interface Cores {
  /** The core of what is measured; undefined: not pinned. */
  measured: number | undefined;
  /** The core of load generator and upstream. */
  around: number | undefined;
  /** One line for the report. */
  says: string;
}

/** Pins this process, which makes load and counts, away from what it measures, unless `pin` is false. */
export function shareCores(pin: boolean): Cores {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const count = cpus().length;
  const why = pin ? whyNot() : 'as asked';
  if (why) return { measured: undefined, around: undefined, says: `${count} × ${model}; UNPINNED: ${why}` };
  execFileSync('taskset', ['--all-tasks', '--pid', '--cpu-list', '1', String(process.pid)], {
    stdio: 'ignore',
  });
  return {
    measured: 0,
    around: 1,
    says: `${count} × ${model}; proxy alone on core 0, load generator and upstream on core 1`,
  };
}

function whyNot(): string | undefined {
  if (availableParallelism() < 2) return 'this program may use one core only';
  return installed('taskset') ? undefined : 'taskset is missing (apt-get install util-linux)';
}

/** A command and its arguments, run on one core. */
export function pinned(
  core: number | undefined,
  command: string,
  args: readonly string[],
): [string, string[]] {
  return core === undefined
    ? [command, [...args]]
    : ['taskset', ['--cpu-list', String(core), command, ...args]];
}

/** pip, for both things that are installed with it. */
import { relative } from 'node:path';
import { BanyanError } from '@banyan/gateway/errors.ts';
import { runCommand, type SetupContext } from './command.ts';

/**
 * `pip install` with the Python of an environment, of downloads alone whose hashes the file names.
 * @param what what is being installed, as a message says it
 * @param requirements a file that pins each package with its hashes
 * @throws BanyanError `download_failed` or `setup_failed`
 */
export async function pipInstall(
  context: SetupContext,
  what: string,
  python: string,
  requirements: string,
  args: string[] = [],
): Promise<void> {
  const { ok, lines } = await runCommand(
    context,
    python,
    [
      ...['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--progress-bar', 'off'],
      ...['--require-virtualenv', '--require-hashes', ...args, '--requirement', requirements],
    ],
    // A person's own pip settings must not send the packages elsewhere.
    { PIP_USER: '0', PIP_TARGET: undefined, PIP_PREFIX: undefined, PIP_ROOT: undefined },
  );
  if (ok) return;
  const { network, reason } = pipProblem(lines);
  const log = relative(context.root, context.logFile);
  throw new BanyanError(network ? 'download_failed' : 'setup_failed', { what, reason, log });
}

const connection =
  /(Connection refused|Temporary failure in name resolution|Name or service not known|nodename nor servname|Network is unreachable|No route to host|timed out|Connection reset by peer|Cannot connect to proxy|CERTIFICATE_VERIFY_FAILED|Connection aborted|HTTP error \d+|\b(?:403|404|407|5\d\d) (?:Client|Server) Error)/i;

/** What went wrong, from pip's output: its last error, and the broken connection behind it, which it only warns of. */
export function pipProblem(lines: string[]): { network: boolean; reason: string } {
  const errors = lines.flatMap((line) => /^\s*ERROR: (.+)$/.exec(line)?.[1] ?? []);
  const broken = lines.findLast((line) => connection.test(line));
  const unseen = lines.some((line) => line.includes('(from versions: none)'));
  const cause =
    (broken && connection.exec(broken)?.[1]) ?? (unseen ? 'no release of it can be seen' : undefined);
  // pip's first error says more than its last, but for a missing package, where both say the same.
  const said = errors.find((line) => !/^(Exception|Could not find a version)/.test(line)) ?? errors[0];
  const reason = (said ?? cause ?? lines.findLast(Boolean) ?? 'pip said nothing').replace(/[.\s]+$/, '');
  return {
    network: cause !== undefined,
    reason: cause && !reason.includes(cause) ? `${reason} (${cause})` : reason,
  };
}

/** What the operating system tells a command line, and how it is left. */
import { userInfo } from 'node:os';

/** Who is written into the audit log. */
export function systemUser(env: Record<string, string | undefined>): string {
  if (env.BANYAN_USER) return env.BANYAN_USER;
  try {
    return userInfo().username;
  } catch {
    // A container may run under an id that has no name.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** As the shell says of a program that SIGPIPE has ended. */
const endedByPipe = 141;

/** Node ignores SIGPIPE. Whoever reads no more (`banyan status | head -1`) has what they want. */
export function endWithPipe(streams: readonly NodeJS.WriteStream[]): void {
  for (const stream of streams)
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(endedByPipe);
    });
}

/** The command line, with what comes from the system: environment, arguments, terminal, user. */
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { runCli } from '@banyan/gateway/cli/cli.ts';
import { readSettings } from '@banyan/gateway/settings.ts';

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under an id that has no name.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** As the shell says of a program that SIGPIPE has ended. */
const endedByPipe = 141;

// Node ignores SIGPIPE. Whoever reads no more (`banyan status | head -1`) has what they want.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(endedByPipe);
  });

process.exitCode = await runCli(process.argv.slice(2), {
  settings: () => readSettings(process.env, dirname(import.meta.dirname)),
  async application(settings) {
    const [{ createApplication }, { withEvidence }] = await Promise.all([
      import('../banyan.config.ts'),
      import('../banyan.evidence.ts'),
    ]);
    return withEvidence(createApplication(settings), settings.quirksRetired);
  },
  user: process.env.BANYAN_USER || systemUser(),
  stdout: process.stdout,
  stderr: process.stderr,
});

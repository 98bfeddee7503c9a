#!/usr/bin/env node
/** The command line of the tool alone, with what comes from the system: environment, arguments, terminal, user. */
import { runOwnCli } from '../alone/own-cli.ts';
import { endWithPipe, systemUser } from '../cli/system.ts';

const { env, stdout, stderr } = process;
endWithPipe([stdout, stderr]);
process.exitCode = await runOwnCli(process.argv.slice(2), {
  env,
  folder: process.cwd(),
  user: systemUser(env),
  stdout,
  stderr,
});
